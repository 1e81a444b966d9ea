"""What goes wrong while a graph is told to stop is no news, and else an error."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from isaac_seg_py.errors import SegmentationError
from isaac_seg_py.graphs import find_graph
from isaac_seg_py.graphs.graph import NodeSpec
from isaac_seg_py.ros import hosting
import pytest
import rclpy

pytestmark = pytest.mark.ros


def test_an_error_is_no_news_once_a_signal_has_shut_the_context_down(tmp_path: Path) -> None:
    file = tmp_path / 'net.onnx'
    file.write_bytes(b'no network')
    specs = find_graph('unet').nodes({'model': str(file)})
    with pytest.raises(SegmentationError, match=r'net\.onnx'):
        hosting.run_graph(specs)

    def told_to_stop() -> Iterator[NodeSpec]:
        rclpy.shutdown()
        raise SegmentationError('a library whose import was broken off')
        yield

    # Ends quietly.
    hosting.run_graph(told_to_stop())
