"""Images go through a network together where it has an axis for them."""

from __future__ import annotations

from pathlib import Path

from family_networks import by_channel, image_to
from isaac_seg_py import Segmenter, TensorError
import numpy as np
import pytest

COLORS = np.array([[200, 0, 0], [0, 200, 0], [0, 0, 200]], np.uint8)


def pictures() -> list[np.ndarray]:
    """Return seven pictures of several sizes, each half in one colour and half in another."""
    made = []
    for index in range(7):
        image = np.zeros((20 + 7 * index, 31 + 5 * index, 3), np.uint8)
        image[:] = COLORS[index % 3]
        image[:, : image.shape[1] // 2] = COLORS[(index + 1) % 3]
        made.append(image)
    return made


@pytest.mark.parametrize('axis', [1, 4, 'N'])
@pytest.mark.parametrize('most', [1, 3, 8])
def test_a_batch_gives_what_one_after_the_other_gives(
    tmp_path: Path, axis: int | str, most: int
) -> None:
    path = by_channel(tmp_path / 'net.onnx', shape=(axis, 3, 32, 64))
    with Segmenter.open(str(path), data_format='NCHW') as segment:
        one_by_one = [segment(image) for image in pictures()]
        together = segment.batch(pictures(), most=most)
        assert segment.batch([]) == []
    assert len(together) == 7
    for image, single, batched in zip(pictures(), one_by_one, together, strict=True):
        assert batched.size == image.shape[:2]
        np.testing.assert_array_equal(batched.labels, single.labels)
        np.testing.assert_array_equal(batched.scores, single.scores)
        assert len(np.unique(batched.labels)) == 2


def test_several_images_run_as_one(tmp_path: Path) -> None:
    path = by_channel(tmp_path / 'net.onnx', shape=('N', 3, 32, 64))
    with Segmenter.open(str(path), data_format='NCHW') as segment:
        seen = []
        network = segment._pipeline.infer
        run = network.run
        network.run = lambda inputs: seen.append(len(inputs['image'])) or run(inputs)
        segment.batch(pictures(), most=3)
    assert seen == [3, 3, 1]


def test_an_output_without_the_axis_is_refused(tmp_path: Path) -> None:
    outputs = {'scores': np.zeros((1, 3, 32, 64), np.float32)}
    path = image_to(tmp_path / 'net.onnx', 'image', outputs, ('N', 3, 32, 64))
    with Segmenter.open(str(path)) as segment, pytest.raises(TensorError, match='for 2 images'):
        segment.batch(pictures()[:2])
