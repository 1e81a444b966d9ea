"""mask_upscale.cu against Resampler: many masks at once, with their areas and boxes."""

from __future__ import annotations

from host_kernels import on_every_engine, zeros
from isaac_seg_py.cuda.kernel_geometry import launch_grid
from isaac_seg_py.cuda.kernel_masks import box_corners, mask_upscale_parameters, Planes
from isaac_seg_py.decode.resample import Resampler
from isaac_seg_py.geometry import View
import numpy as np
import pytest

SEED = 800_200
# Image, canvas, grid and fit: SAM's own shapes in small, and odd ones.
PLACES = [
    ((45, 80), (64, 64), (16, 16), 'letterbox_top_left'),
    ((80, 45), (64, 64), (16, 16), 'letterbox_top_left'),
    ((33, 57), (64, 64), (13, 17), 'letterbox'),
    ((61, 100), (32, 32), (8, 8), 'crop'),
    ((7, 5), (64, 64), (64, 64), 'stretch'),
]


def blobs(count, grid, rng):
    """Return scores with one round object in each mask, and an empty mask at the end."""
    rows, columns = np.mgrid[: grid[0], : grid[1]]
    centres = rng.random((count, 2)) * grid
    far = np.hypot(
        *(a - c[:, None, None] for a, c in zip((rows, columns), centres.T, strict=True))
    )
    scores = (min(grid) / 3 - far).astype(np.float32)
    scores[-1] = -5
    return scores


def reference(scores, view, limit):
    resampler = Resampler.of(view, scores.shape[1:])
    hidden = resampler.hidden
    masks = np.stack([resampler.linear(s[resampler.cells]) > limit for s in scores])
    return masks if hidden is None else masks & ~hidden


def box_of(mask):
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    if not rows.size:
        return [0, 0, 0, 0]
    return [columns[0], rows[0], columns[-1] + 1, rows[-1] + 1]


@on_every_engine
@pytest.mark.parametrize('dtype', ['float32', 'float16'])
@pytest.mark.parametrize('layout', ['NCHW', 'NHWC'])
def test_masks_areas_and_boxes(engine, layout, dtype):
    rng = np.random.default_rng(SEED)
    for index, (image, canvas, grid, fit) in enumerate(PLACES):
        count, limit = 3 + index, (0.0, 0.7)[index % 2]
        scores = blobs(count, grid, rng).astype(dtype)
        view = View.fit(image, canvas, fit)
        given = scores[np.newaxis]
        given = np.ascontiguousarray(np.moveaxis(given, 1, 3) if layout == 'NHWC' else given)
        cells = Resampler.of(view, grid).cells
        planes = Planes.of(given.shape, given.dtype, layout)
        parameters = mask_upscale_parameters(planes, view, cells, limit=limit)
        made = {
            'masks': zeros((count, *image), np.uint8),
            'areas': np.zeros(count, np.uint32),
            'boxes': np.zeros((count, 4), np.uint32),
        }
        grid_of = launch_grid(image, count)
        engine.run('mask_upscale', grid_of, parameters, {'scores': given, **made})
        expected = reference(scores.astype(np.float32), view, limit)
        assert expected.any() and not expected[-1].any()
        masks = made['masks']
        assert set(np.unique(masks)) <= {0, 1}
        wrong = masks != expected
        assert wrong.sum() <= masks.size / 10_000
        np.testing.assert_array_equal(made['areas'], masks.sum((1, 2)))
        boxes = [box_of(mask) for mask in masks]
        np.testing.assert_array_equal(box_corners(made['boxes'], image), boxes)


@on_every_engine
@pytest.mark.parametrize(('limit', 'area'), [(0.9, 63), (1.0, 0)])
def test_areas_alone_and_scores_at_the_limit(engine, limit, area):
    scores = np.ones((2, 4, 4), np.float32)
    view = View.fit((9, 7), (4, 4), 'stretch')
    planes = Planes.of(scores.shape, scores.dtype, 'CHW')
    cells = Resampler.of(view, (4, 4)).cells
    parameters = mask_upscale_parameters(planes, view, cells, limit=limit)
    areas = np.zeros(2, np.uint32)
    engine.run(
        'mask_upscale', launch_grid((9, 7), 2), parameters, {'scores': scores, 'areas': areas}
    )
    assert areas.tolist() == [area, area]
