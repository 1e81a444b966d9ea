"""Outputs such as networks give, and postprocess.cu at work on them."""

from __future__ import annotations

import math

import cv2
from isaac_seg_py.cuda.kernel_geometry import launch_grid
from isaac_seg_py.cuda.kernel_masks import Planes, postprocess_parameters
from isaac_seg_py.cuda.kernel_structs import REPORT_FIELDS
from isaac_seg_py.decode.resample import Resampler
import numpy as np


def smooth(shape, rng):
    """Return planes that change slowly, as those of networks do, so that classes have areas."""
    count, height, width = shape
    coarse = rng.normal(size=(count, height // 4 + 2, width // 4 + 2)).astype(np.float32)
    planes = [
        cv2.resize(plane, (width, height), interpolation=cv2.INTER_CUBIC) for plane in coarse
    ]
    return np.stack(planes) * 4


def output_of(kind, classes, grid, layout, dtype, rng):
    """Return a batch of two images that a network of that kind may give."""
    single = kind in ('sigmoid', 'sigmoid_logits', 'argmax')
    planes = np.stack([smooth((1 if single else classes, *grid), rng) for _ in range(2)])
    if kind == 'softmax':
        shares = np.exp(planes - planes.max(1, keepdims=True))
        planes = shares / shares.sum(1, keepdims=True)
    elif kind == 'sigmoid':
        planes = 1 / (1 + np.exp(-planes))
    elif kind == 'argmax':
        planes = np.floor(np.abs(planes) * 3) % classes
    planes = planes.astype(dtype)
    axes = {'NCHW': planes, 'NHWC': np.moveaxis(planes, 1, 3), 'NHW': planes[:, 0]}[layout]
    return np.ascontiguousarray(axes)


def post(engine, output, layout, view, kind, config, *, item=0, wanted, **more):
    """Run the kernel; `wanted` makes the arrays to fill. Return the report."""
    planes = Planes.of(output.shape, output.dtype, layout, item)
    grid = planes.shape[1:]
    cells = None if view is None else Resampler.of(view, grid).cells
    limit = config.threshold
    if kind == 'binary_scores':
        limit = math.log(limit / (1 - limit))
    parameters = postprocess_parameters(
        planes, view, cells, kind=kind, limit=limit, outside_class=config.outside_class,
        linear=config.filter_mode == 'linear', **{'label_dtype': np.uint8, **more},
    )  # fmt: skip
    report = np.zeros(len(REPORT_FIELDS), np.uint32)
    first = output.reshape(-1)[planes.offset :]
    first.flags.writeable = False
    size = parameters.height, parameters.width
    engine.run(
        'postprocess', launch_grid(size), parameters,
        {'output': first, 'report': report, **wanted(parameters, size)},
    )  # fmt: skip
    return dict(zip(REPORT_FIELDS, report.tolist(), strict=True))
