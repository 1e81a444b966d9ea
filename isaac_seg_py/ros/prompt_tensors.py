"""Prompts and an image's tensor become the six tensors that NVIDIA's Segment Anything takes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ..encode.prompts import batches_of, tokens_of
from ..errors import TensorError
from ..geometry import Size, View
from ..prompts import make_prompts, Prompt
from ..tensors import Array, describe, Tensors

Floats = npt.NDArray[np.float32]
INPUT_TENSOR: Final = 'input_tensor'
INPUT_MASK: Final = 'input_mask'
_TOP_LEFT: Final = 'letterbox_top_left'
# The network's own masks are as many times smaller than its canvas.
_STRIDE: Final = 4


def view_of(image: Array, given: View | None, size: Size | None) -> View:
    """
    Return where the image lies on its tensor (N, 3, H, W).

    Where no view came with the tensor, an image of `size` (height, width) lies as Meta places it.
    """
    if image.ndim != 4:
        raise TensorError(
            f'the image tensor has shape {describe(image.shape)}; [1, 3, height, width] is '
            'expected'
        )
    if given is None and size is None:
        raise TensorError(
            'the image tensor came without its view, and orig_img_dims is not set; set it to '
            '[height, width] of the image that the prompts mean'
        )
    canvas = image.shape[2], image.shape[3]
    view = given or View.fit(size or canvas, canvas, _TOP_LEFT)
    if view != View.fit(view.image, canvas, _TOP_LEFT):
        raise TensorError(
            f'the image has {view.content} of the canvas {view.canvas} at {view.offset}; the '
            f'network expects its longer side to fill {canvas}, at the top left. Set fit: '
            f'{_TOP_LEFT} where the image is encoded'
        )
    return view


def one_of_points(prompts: Sequence[Prompt], size: Size) -> list[Prompt]:
    """Return the one object of an image of that size that all points lie on."""
    return make_prompts(size, points=[np.concatenate([one.points for one in prompts])])


@lru_cache(maxsize=4)
def no_mask(canvas: Size) -> Floats:
    """Return the mask that says nothing."""
    return np.zeros((1, 1, canvas[0] // _STRIDE, canvas[1] // _STRIDE), np.float32)


def tensor_lists(
    image: Any, view: View, prompts: Sequence[Prompt], mask: Any, *, has_mask: bool, most: int
) -> Iterator[Tensors]:
    """Return what the network is given, up to `most` prompts at once, in their order."""
    tokens = [tokens_of(prompt, view, view.canvas) for prompt in prompts]
    for _, points, labels in batches_of(tokens, most):
        yield Tensors(
            {
                INPUT_TENSOR: image,
                'points': points,
                'labels': labels,
                INPUT_MASK: mask,
                'has_input_mask': np.array([has_mask], np.float32),
                'orig_img_dims': np.array(view.image, np.float32),
            },
            view,
        )
