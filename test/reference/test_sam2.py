"""Segment Anything 2 with random weights: our four networks follow as transformers' model does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from trt_here import NEEDS_RTX, options
from video_networks import (
    balance,
    BOX,
    Compared,
    exported,
    FRAMES,
    MORE,
    pixels,
    POINTS,
    scaled,
    SIDE,
    SIZE,
    small_model,
    Theirs,
)

pytestmark = [pytest.mark.reference, pytest.mark.usefixtures('one_thread')]


@pytest.fixture(scope='module')
def frames() -> list[np.ndarray]:
    """Give a video of things that move."""
    from isaac_seg_py.scenes import make_video

    return [scene.image for scene in make_video(800_021, FRAMES, SIZE, objects=3)]


@pytest.fixture(scope='module', params=['2.1', '2.0'])
def model(torch: Any, request: pytest.FixtureRequest, frames: list[np.ndarray]) -> Any:
    """Give a model of each version: the first knew less of time, and of hidden objects."""
    old = {
        'enable_occlusion_spatial_embedding': False,
        'enable_temporal_pos_encoding_for_object_pointers': False,
    }
    made = small_model(torch, 5, **(old if request.param == '2.0' else {}))
    balance(torch, made, frames)
    return made


@pytest.fixture(scope='module')
def manifest(model: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Export all four parts."""
    return exported(model, tmp_path_factory.mktemp('sam2'))


@pytest.mark.parametrize('keep', [True, False], ids=['kept', 'forgotten'])
def test_two_objects_are_followed_as_transformers_does(
    torch: Any, model: Any, manifest: Path, frames: list[np.ndarray], keep: bool
) -> None:
    from isaac_seg_py import VideoTracker

    settings = {
        'backend': 'onnxruntime', 'threads': 1, 'interpolation': 'linear',
        'keep_corrections': keep,
    }  # fmt: skip
    first = Theirs(torch, model)
    second = Theirs(torch, model, first)
    with VideoTracker.open(str(manifest), **settings) as tracker:
        same = Compared(tracker)
        tracker.add('first', box=scaled(BOX).reshape(4))
        first.show(0, BOX, [2, 3])
        for frame, image in enumerate(frames):
            if frame == 4:
                tracker.add('second', points=scaled(POINTS), labels=[1, 0])
                second.show(frame, POINTS, [1, 0])
            tracker(image)
            if frame < 20:
                same('first', first.track(pixels(image), frame))
            if frame >= 4:
                same('second', second.track(pixels(image), frame))
            if frame == 4:
                # Corrected in the frame in which it was shown: all points of it count.
                tracker.update('second', points=scaled(MORE), labels=[0])
                same('second', second.correct(frame, [*POINTS, *MORE], [1, 0, 0], True))
            if frame == 11:
                tracker.update('first', points=scaled(MORE), labels=[1])
                same('first', first.correct(frame, MORE, [1], keep))
            if frame == 19:
                tracker.remove('first')
        assert tracker.ids == ('second',)
    present = np.array(same.scores) > 0
    assert 0.1 < present.mean() < 0.9, 'the test proves nothing about objects that are hidden'
    assert any(0.02 < share < 0.98 for share in same.inside), 'masks are empty or full'
    assert len(same.scores) >= 40


def test_a_mask_shows_an_object(torch: Any, frames: list[np.ndarray], tmp_path: Path) -> None:
    from isaac_seg_py import VideoTracker

    # For a mask transformers takes the pointer of the best of three, Meta's code and ours that of
    # the first; where all tokens are one, so are the pointers.
    alike = small_model(torch, 5)
    with torch.no_grad():
        tokens = alike.mask_decoder.mask_tokens.weight
        tokens[:] = tokens[:1].clone()
        first = alike.mask_decoder.output_hypernetworks_mlps[0].state_dict()
        for head in alike.mask_decoder.output_hypernetworks_mlps:
            head.load_state_dict(first)
    manifest = exported(alike, tmp_path)
    mask = np.zeros((SIDE, SIDE), np.bool_)
    mask[60:180, 40:150] = True
    theirs = Theirs(torch, alike)
    theirs.show_mask(0, mask.astype(np.float32))
    with VideoTracker.open(str(manifest), backend='onnxruntime', threads=1) as tracker:
        same = Compared(tracker)
        tracker.add('it', mask=mask)
        for frame, image in enumerate(frames[:8]):
            whole = cv2.resize(image, (SIDE, SIDE))
            seen = tracker(whole)
            if frame == 0:
                # All but the corners, which the coarse mask rounds.
                assert (seen.masks[0] != mask).sum() <= 16
                theirs.track(pixels(whole), frame)
            else:
                same('it', theirs.track(pixels(whole), frame))
    assert len(same.inside) == 7
    assert all(0.02 < share < 0.98 for share in same.inside)


@NEEDS_RTX
@pytest.mark.parametrize('precision', ['fp16', 'bf16'])
def test_tensorrt_builds_all_four(manifest: Path, precision: str) -> None:
    from isaac_seg_py.catalog.manifest import Manifest
    from isaac_seg_py.families.sam2_shapes import free_shapes
    from isaac_seg_py.infer.engine_options import parse_profile
    from isaac_seg_py.infer.trt_build import build_engine
    from isaac_seg_py.infer.trt_library import open_library
    from isaac_seg_py.track_config import TrackConfig

    library = open_library('tensorrt-rtx')
    kind = {'fp16': 'HALF', 'bf16': 'BF16'}[precision]
    for part, found in Manifest.read(manifest).parts.items():
        profiles = dict(map(parse_profile, free_shapes(found.file, TrackConfig())))
        # As the family opens it: of four, the decoder stays as precise as it can be.
        chosen = 'tf32' if part == 'decoder' else precision
        engine = build_engine(found.file, options(chosen, profiles=profiles), library)
        assert len(engine.plan) > 1e6
        if part != 'decoder':
            assert engine.facts['layers'][kind] > engine.facts['layers']['FLOAT']
