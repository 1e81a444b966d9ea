"""A graph that is to be measured and does not come up says who is missing, and is taken down."""

from __future__ import annotations

import sys
import threading

from isaac_seg_py.errors import BackendError
from isaac_seg_py.graphs.graph import NodeSpec
from isaac_seg_py.images import RawImage
from isaac_seg_py.ros.timed_graph import TimedGraph
import numpy as np
import pytest

pytestmark = pytest.mark.ros
IMAGE = RawImage.from_array(np.zeros((8, 8, 3), np.uint8), 'rgb8')
TOPICS = ('image', 'mask')
ENCODER = NodeSpec(
    name='encoder',
    plugin='DnnImageEncoderNode',
    parameters={'network_image_width': 8, 'network_image_height': 8},
)


@pytest.mark.parametrize(
    ('specs', 'by_reference', 'words'),
    [
        ([], True, 'nobody subscribes to /alone/image'),
        ([], False, 'nobody subscribes to /alone/image'),
        ([ENCODER], True, 'nobody publishes /alone/mask'),
    ],
)
def test_a_graph_that_does_not_connect_says_who_is_missing(
    monkeypatch: pytest.MonkeyPatch, specs: list[NodeSpec], by_reference: bool, words: str
) -> None:
    # By reference whoever is there is known at once.
    monkeypatch.setattr('isaac_seg_py.ros.timed_graph._START_S', 0.0)
    with pytest.raises(BackendError, match=words):
        TimedGraph(IMAGE, TOPICS, specs=specs, namespace='/alone', by_reference=by_reference)
    assert not [one.name for one in threading.enumerate() if '/alone/' in one.name]


def test_a_process_that_ends_early_is_told_with_its_code() -> None:
    child = [sys.executable, '-c', 'raise SystemExit(3)']
    with pytest.raises(BackendError, match='the process child ended with 3 before any image'):
        TimedGraph(IMAGE, TOPICS, commands={'child': child}, namespace='/alone')
