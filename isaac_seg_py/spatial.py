"""
Where things stand in space: a mask, the depth of each pixel and the camera's numbers.

Points are in the camera's optical frame: x to the right, y down, z ahead, in metres. A pixel's
centre has whole coordinates, as camera_info counts them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from .errors import ImageError
from .images import RawImage
from .spatial_config import SpatialConfig

Floats = npt.NDArray[np.float32]
Labels = npt.NDArray[np.uint8] | npt.NDArray[np.uint16]
Point = tuple[float, float, float]

CLOUD: Final = np.dtype(
    {
        'names': ['x', 'y', 'z', 'rgb', 'label', 'instance'],
        'formats': ['<f4', '<f4', '<f4', '<u4', '<u4', '<u4'],
    }
)
"""A point of a cloud; rgb is 0x00RRGGBB."""

# The standard deviation of normally distributed values is this many median deviations.
_DEVIATION: Final = 1.4826
# An even surface has no deviation at all; this share of its depth is never an outlier.
_EVEN: Final = 0.01


@dataclass(frozen=True)
class Pinhole:
    """Focal lengths and centre of a camera without distortion, in pixels."""

    fx: float
    fy: float
    cx: float
    cy: float

    def __post_init__(self) -> None:
        """Refuse numbers that are no camera's, such as those of one that is not calibrated."""
        numbers = (self.fx, self.fy, self.cx, self.cy)
        if not (np.isfinite(numbers).all() and self.fx > 0 and self.fy > 0):
            raise ImageError(
                f'the camera has focal lengths {self.fx}, {self.fy} and centre {self.cx}, '
                f'{self.cy}; finite numbers are expected, and focal lengths above 0. Calibrate it'
            )


@dataclass(frozen=True)
class Located:
    """
    Where all that has one label stands.

    `centroid` is the median of the points on each axis; `low` and `high` hold all of them but the
    share that is trimmed.
    """

    label: int
    points: int
    centroid: Point
    low: Point
    high: Point


def metres(depth: RawImage, unit: float = 0.001) -> Floats:
    """Return a 16UC1 (1 is `unit` metres) or 32FC1 (metres) depth image, NaN where it is 0."""
    if depth.encoding not in ('mono16', '32FC1'):
        raise ImageError(
            f'the depth image is {depth.encoding}; 16UC1 in millimetres or 32FC1 in metres is '
            'expected'
        )
    scale = unit if depth.encoding == 'mono16' else 1.0
    # Some drivers write infinity where nothing was seen, or numbers that overflow.
    with np.errstate(all='ignore'):
        found: Floats = np.multiply(depth.data, np.float32(scale), dtype=np.float32)
    found[~(np.isfinite(found) & (found > 0))] = np.nan
    return found


@dataclass(frozen=True, eq=False)
class LabelledDepth:
    """A mask of labels over the depth of the same pixels, and the camera that saw them."""

    labels: Labels
    depth: Floats
    camera: Pinhole
    config: SpatialConfig

    def __post_init__(self) -> None:
        """Refuse what is no mask, and a mask of another size."""
        if self.labels.ndim != 2 or self.labels.dtype.kind != 'u' or self.labels.itemsize > 2:
            raise ImageError(
                f'the mask is {self.labels.dtype} of shape {self.labels.shape}; mono8 or mono16, '
                'with a number for each class or object, is expected'
            )
        if self.labels.shape != self.depth.shape:
            tall, wide = self.labels.shape[:2]
            raise ImageError(
                f'the mask is {wide}x{tall}, the depth image '
                f'{self.depth.shape[1]}x{self.depth.shape[0]}; they must be of one size: align '
                'the depth to the camera, and set mask_frame to image'
            )

    def locate(self) -> tuple[Located, ...]:
        """Return where each label stands, by label; those with too few points are left out."""
        points, places = self._points(everything=False)
        labels = self._sampled(self.labels).reshape(-1)[places]
        # Stable sorting of small whole numbers is counting: faster than a mask for each label.
        order = np.argsort(labels, kind='stable')
        labels, points = labels[order], points[order]
        starts = np.flatnonzero(np.diff(labels.astype(np.int32), prepend=-1))
        ends = [*starts[1:], len(labels)]
        found = [
            self._located(int(labels[start]), points[start:end])
            for start, end in zip(starts, ends[: len(starts)], strict=True)
            if end - start >= self.config.min_points
        ]
        return tuple(one for one in found if one.points >= self.config.min_points)

    def cloud(
        self, colors: npt.NDArray[np.uint8], classes: npt.NDArray[Any] | None = None
    ) -> npt.NDArray[Any]:
        """
        Return the points as an array of `CLOUD`.

        `colors` is (H, W, 3) RGB. Where the labels are objects, `classes` has the class of each;
        where they are classes, no point is of an instance.
        """
        if colors.shape != (*self.labels.shape, 3):
            raise ImageError(
                f'the colours have shape {colors.shape}, the mask {self.labels.shape}; three '
                'channels of the same size are expected'
            )
        points, places = self._points(everything=self.config.whole_cloud)
        cloud = np.zeros(len(points), CLOUD)
        for axis, name in enumerate('xyz'):
            cloud[name] = points[:, axis]
        red, green, blue = self._sampled(colors).reshape(-1, 3)[places].T.astype(np.uint32)
        cloud['rgb'] = red << 16 | green << 8 | blue
        labels = self._sampled(self.labels).reshape(-1)[places]
        cloud['label'] = labels if classes is None else classes[labels]
        if classes is not None:
            cloud['instance'] = labels
        return cloud

    def _located(self, label: int, points: Floats) -> Located:
        limit = self.config.outlier_distance
        if limit:
            away = points[:, 2]
            middle = np.median(away)
            off = np.abs(away - middle)
            points = points[off <= limit * _DEVIATION * np.median(off) + _EVEN * middle]
        trim = self.config.trim
        low, middle, high = np.quantile(points, (trim, 0.5, 1 - trim), axis=0)
        return Located(label, len(points), _point(middle), _point(low), _point(high))

    def _points(self, *, everything: bool) -> tuple[Floats, npt.NDArray[np.int64]]:
        """Return the (N, 3) points that count, and their places among the pixels sampled."""
        config = self.config
        depth = self._sampled(self.depth)
        with np.errstate(invalid='ignore'):
            counts = (depth >= config.min_depth) & (depth <= config.max_depth)
        if not everything:
            table = np.ones(1 << 8 * self.labels.itemsize, np.bool_)
            table[-1] = False
            table[[one for one in config.ignored_labels if one < len(table)]] = False
            counts &= table[self._sampled(self.labels)]
        places = np.flatnonzero(counts)
        rows, columns = np.divmod(places, depth.shape[1])
        away = depth.reshape(-1)[places]
        camera, step = self.camera, config.step
        points = np.empty((len(places), 3), np.float32)
        points[:, 0] = (columns * step - camera.cx) / camera.fx * away
        points[:, 1] = (rows * step - camera.cy) / camera.fy * away
        points[:, 2] = away
        return points, places

    def _sampled(self, array: npt.NDArray[Any]) -> npt.NDArray[Any]:
        return np.ascontiguousarray(array[:: self.config.step, :: self.config.step])


def _point(values: npt.NDArray[Any]) -> Point:
    x, y, z = values.tolist()
    return x, y, z
