"""Where a camera image lies on a network's canvas, and the way back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from .errors import ConfigError, TensorError

FITS: Final = ('letterbox', 'letterbox_top_left', 'stretch', 'crop')
# No more pixels than this are worked on: a few bytes must not ask for gigabytes.
MAX_PIXELS: Final = 1 << 26
Size = tuple[int, int]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class View:
    """
    The rectangle of the canvas that shows the image.

    Everything is a whole number, so that encoder and decoder, which may run in different
    processes, agree to the bit. Coordinates are continuous: pixel (column 3) spans 3.0 to 4.0, and
    its centre is 3.5. A crop has a rectangle larger than the canvas and an offset of zero or less.

    `image`, `canvas`, `content` are (height, width); `offset` is the (top, left) of the content.
    """

    image: Size
    canvas: Size
    content: Size
    offset: Size

    def __post_init__(self) -> None:
        """Refuse sizes that show nothing."""
        for name in ('image', 'canvas', 'content'):
            size: Size = getattr(self, name)
            if min(size) < 1:
                raise ConfigError(f'{name} size is {size[0]}x{size[1]}; both must be 1 or more')
        top, left, bottom, right = self.visible()
        if top >= bottom or left >= right:
            raise ConfigError(
                f'content {self.content} at {self.offset} lies beside its canvas {self.canvas}'
            )

    @classmethod
    def fit(cls, image: Size, canvas: Size, how: str = 'letterbox') -> View:
        """Place an image on a canvas: `letterbox`, `letterbox_top_left`, `stretch` or `crop`."""
        if how not in FITS:
            raise ConfigError(f'fit is {how!r}; it must be one of {", ".join(FITS)}')
        if min(image) < 1 or min(canvas) < 1:
            raise ConfigError(f'cannot fit an image of {image} on a canvas of {canvas}')
        if how == 'stretch':
            return cls(image, canvas, canvas, (0, 0))
        height_decides = canvas[0] * image[1] <= canvas[1] * image[0]
        if how == 'crop':
            height_decides = not height_decides
        if height_decides:
            content = (canvas[0], _scaled(image[1], canvas[0], image[0]))
        else:
            content = (_scaled(image[0], canvas[1], image[1]), canvas[1])
        if how == 'letterbox_top_left':
            return cls(image, canvas, content, (0, 0))
        # Floor division puts the odd row or column of a bar at the bottom or right.
        offset = ((canvas[0] - content[0]) // 2, (canvas[1] - content[1]) // 2)
        return cls(image, canvas, content, offset)

    @classmethod
    def identity(cls, size: Size) -> View:
        """Return the view of an image that fills its canvas pixel by pixel."""
        return cls(size, size, size, (0, 0))

    @property
    def scale(self) -> tuple[float, float]:
        """Canvas pixels per image pixel, (vertical, horizontal)."""
        return self.content[0] / self.image[0], self.content[1] / self.image[1]

    @property
    def is_identity(self) -> bool:
        """Say whether canvas and image are the same pixels."""
        return self.image == self.canvas == self.content and self.offset == (0, 0)

    def resized(self, canvas: Size) -> View | None:
        """
        Return this view on another canvas that shows the same, as a network's output does.

        None when the rectangle has no whole-number place there; `image_centres_on` still does.
        """
        values = []
        for axis in (0, 1):
            for value in (self.content[axis], self.offset[axis]):
                scaled, rest = divmod(value * canvas[axis], self.canvas[axis])
                if rest:
                    return None
                values.append(scaled)
        content, offset = (values[0], values[2]), (values[1], values[3])
        return View(self.image, canvas, content, offset) if min(content) > 0 else None

    def visible(self) -> tuple[int, int, int, int]:
        """Return the part of the canvas that shows the image, as top, left, bottom, right."""
        top, left = max(self.offset[0], 0), max(self.offset[1], 0)
        bottom = min(self.offset[0] + self.content[0], self.canvas[0])
        right = min(self.offset[1] + self.content[1], self.canvas[1])
        return top, left, bottom, right

    def points_to_canvas(self, points: npt.ArrayLike) -> Floats:
        """Map (..., 2) image points (x, y) to the canvas."""
        vertical, horizontal = self.scale
        given = np.asarray(points, np.float64)
        return given * (horizontal, vertical) + (self.offset[1], self.offset[0])

    def points_to_image(self, points: npt.ArrayLike) -> Floats:
        """Map (..., 2) canvas points (x, y) to the image."""
        vertical, horizontal = self.scale
        given = np.asarray(points, np.float64)
        return (given - (self.offset[1], self.offset[0])) / (horizontal, vertical)

    def boxes_to_canvas(self, boxes: npt.ArrayLike) -> Floats:
        """Map (..., 4) image boxes (x1, y1, x2, y2) to the canvas."""
        given = np.asarray(boxes, np.float64)
        return self.points_to_canvas(given.reshape(*given.shape[:-1], 2, 2)).reshape(given.shape)

    def boxes_to_image(self, boxes: npt.ArrayLike) -> Floats:
        """Map (..., 4) canvas boxes (x1, y1, x2, y2) to the image."""
        given = np.asarray(boxes, np.float64)
        return self.points_to_image(given.reshape(*given.shape[:-1], 2, 2)).reshape(given.shape)

    def image_centres_on(self, grid: Size) -> tuple[Floats, Floats]:
        """
        Return where the centres of the image's rows and columns lie on a grid over the canvas.

        The grid, (height, width), is what a network puts out: the canvas itself or a coarser one.
        Continuous coordinates: subtract 0.5 for interpolation between cell centres.
        """
        axes = []
        for axis in (0, 1):
            centres = np.arange(self.image[axis], dtype=np.float64) + 0.5
            on_canvas = centres * self.content[axis] / self.image[axis] + self.offset[axis]
            axes.append(on_canvas * grid[axis] / self.canvas[axis])
        return axes[0], axes[1]

    def to_array(self) -> npt.NDArray[np.int64]:
        """Return the eight numbers of this view, for a message."""
        return np.array([*self.image, *self.canvas, *self.content, *self.offset], np.int64)

    @classmethod
    def from_array(cls, values: npt.ArrayLike) -> View:
        """Make a view from the eight numbers of `to_array`."""
        given = np.asarray(values)
        if given.size != 8 or given.dtype.kind not in 'iu':
            raise TensorError(
                f'a view is 8 whole numbers, but {given.size} of type {given.dtype} came; '
                'send what to_array returns'
            )
        numbers = given.reshape(-1).tolist()
        try:
            view = cls(*zip(numbers[0::2], numbers[1::2], strict=True))
        except ConfigError as error:
            raise TensorError(f'the view {numbers} makes no sense: {error}') from error
        largest = max(height * width for height, width in (view.image, view.canvas))
        if largest > MAX_PIXELS:
            raise TensorError(
                f'the view {numbers} has {largest} pixels; {MAX_PIXELS} or fewer are accepted'
            )
        return view


def _scaled(length: int, numerator: int, denominator: int) -> int:
    """Return length·numerator/denominator rounded half up, in whole numbers, at least 1."""
    return max((2 * length * numerator + denominator) // (2 * denominator), 1)
