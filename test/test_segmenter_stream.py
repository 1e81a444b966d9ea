"""Segmenter.stream: results in order while the next images are on their way."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import repeat
import os
from pathlib import Path
import threading
from typing import Any

from isaac_seg_py import BackendError, ConfigError, ImageError, RawImage, Segmenter
from isaac_seg_py.scenes import make_scene
import numpy as np
import pytest
import tiny_models

SIZES = [(48, 64), (37, 51), (48, 64), (96, 40), (33, 32), (48, 64), (240, 320)]


@pytest.fixture(scope='module')
def images() -> list[np.ndarray]:
    """Give scenes of several sizes."""
    return [make_scene(806_000 + at, size).image for at, size in enumerate(SIZES)]


@pytest.fixture(scope='module', params=[0, 1, 2])
def segment(request: pytest.FixtureRequest) -> Iterator[Segmenter]:
    """Give a network that takes turns, and two of which several runs go at once."""
    with Segmenter.open('tiny-unet', threads=request.param, backend='onnxruntime') as opened:
        yield opened


@pytest.mark.parametrize('depth', [0, 1, 2, 5])
def test_results_are_those_of_one_after_the_other(
    segment: Segmenter, images: list[np.ndarray], depth: int
) -> None:
    wanted = [segment(image) for image in images]
    found = list(segment.stream(images, depth=depth))
    for one, other in zip(found, wanted, strict=True):
        np.testing.assert_array_equal(one.labels, other.labels)
        np.testing.assert_array_equal(one.scores, other.scores)
    bare = list(segment.stream(iter(images), depth=depth, want_scores=False))
    assert all(result.scores is None for result in bare)


def test_results_that_are_held_are_not_written_to(
    segment: Segmenter, images: list[np.ndarray]
) -> None:
    few = images[:3]
    held = list(segment.stream([image for _ in range(10) for image in few], want_scores=False))
    for at, result in enumerate(held):
        np.testing.assert_array_equal(result.labels, segment(few[at % 3]).labels)


def test_an_array_that_is_filled_again_gives_each_of_its_images(segment: Segmenter) -> None:
    scenes = [make_scene(806_100 + at, (480, 640)).image for at in range(8)]
    array = np.empty_like(scenes[0])

    def camera() -> Iterator[np.ndarray]:
        for scene in scenes:
            array[:] = scene
            yield array

    for found, scene in zip(segment.stream(camera(), depth=5), scenes, strict=True):
        np.testing.assert_array_equal(found.labels, segment(scene).labels)


def test_a_video_is_told_how_to_be_read(segment: Segmenter) -> None:
    for given in ('drive.mp4', Path('drive.mp4')):
        with pytest.raises(ConfigError, match=r"frame in read_frames\('drive.mp4'\)"):
            segment.stream(given)


def test_an_image_that_is_wrong_is_told_in_its_place(
    segment: Segmenter, images: list[np.ndarray]
) -> None:
    found = []
    with pytest.raises(ImageError, match='float64 came'):
        for result in segment.stream([*images[:3], np.zeros((4, 4, 3)), images[3]]):
            found.append(result.size)
    assert found == SIZES[:3]


def test_a_camera_that_has_no_end_can_be_left(
    segment: Segmenter, images: list[np.ndarray]
) -> None:
    raw = RawImage.of(images[0])
    for at, _ in enumerate(segment.stream(repeat(raw))):
        if at == 3:
            break
    assert not [one for one in threading.enumerate() if one.name.startswith('overlap')]
    assert segment(images[0]).size == SIZES[0]


@pytest.mark.parametrize('shape', [(48, 64, 3), (48, 64, 1), (48, 64)])
def test_one_image_is_not_taken_for_many(segment: Segmenter, shape: tuple[int, ...]) -> None:
    image = np.zeros(shape, np.uint8)
    for call in (segment.stream, segment.batch):
        with pytest.raises(ConfigError, match=r'is an image; several are .* \[image\]'):
            call(image)
        with pytest.raises(ConfigError, match='int came; a list of images is expected'):
            call(5)  # type: ignore[arg-type]
    assert len(segment.batch(np.zeros((2, 48, 64, 3), np.uint8))) == 2  # type: ignore[arg-type]


@pytest.mark.parametrize('depth', [-1, 1.5, '3', None])
def test_a_wrong_depth_is_refused_at_once(segment: Segmenter, depth: Any) -> None:
    with pytest.raises(ConfigError, match=f'depth is {depth!r}'):
        segment.stream([], depth=depth)


def test_a_segmenter_that_is_closed_meanwhile_says_so(images: list[np.ndarray]) -> None:
    with Segmenter.open('tiny-unet', threads=1, backend='onnxruntime') as segment:
        stream = segment.stream(repeat(images[0]))
        next(stream)
    with pytest.raises(BackendError, match='closed'):
        for _ in stream:
            pass


@pytest.mark.parametrize('threads', [0, 1])
def test_the_network_runs_as_often_at_once_as_pays(tmp_path: Path, threads: int) -> None:
    path = tiny_models.brightest_channel(tmp_path / 'brightest.onnx')
    most = (os.cpu_count() or 1) if threads else 1
    inside, together = set(), []
    with Segmenter.open(
        str(path), data_format='NCHW', threads=threads, backend='onnxruntime'
    ) as segment:
        network = segment._pipeline.infer
        run, all_there = network.run, threading.Barrier(most)

        def meet(inputs: object) -> object:
            inside.add(threading.get_ident())
            together.append(len(inside))
            # With fewer at once this waits in vain, which is an error.
            all_there.wait(30)
            inside.discard(threading.get_ident())
            return run(inputs)

        network.run = meet
        image = np.zeros((13, 29, 3), np.uint8)
        assert len(list(segment.stream([image] * 4 * most))) == 4 * most
    assert max(together) <= most
