"""How the published Segment Anything decoders name what they take and give."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ..errors import ModelError, PromptError
from ..geometry import Size
from ..infer import Backend
from ..tensors import Tensors, TensorSpec

Floats = npt.NDArray[np.float32]

_POINTS, _LABELS, _MASK, _HAS_MASK, _SIZE = _PROMPTS = (
    'point_coords', 'point_labels', 'mask_input', 'has_mask_input', 'orig_im_size',
)  # fmt: skip
_MASK_SIDE: Final = 256


@dataclass(frozen=True)
class DecoderContract:
    """
    What one decoder takes and gives, by name.

    `features` are the inputs that come from the encoder (or the image itself, in a network that
    does all at once), `prompts` the others; `masks` and `scores` are the outputs that are read.
    `most` is how many objects go at once, and `mask_size` the shape of a mask that is given back.
    """

    features: tuple[str, ...]
    prompts: dict[str, TensorSpec]
    masks: str
    scores: str
    most: int
    mask_size: Size

    @property
    def takes_masks(self) -> bool:
        """Say whether a mask can be given back as a prompt."""
        return _MASK in self.prompts

    @classmethod
    def of(cls, name: str, network: Backend, most: int) -> DecoderContract:
        """Find the names; `most` bounds a batch where the network takes any number."""
        prompts = {spec.name: spec for spec in network.inputs if spec.name in _PROMPTS}
        maps = [spec for spec in network.outputs if len(spec.shape) == 4]
        scores = [spec for spec in network.outputs if len(spec.shape) == 2]
        if _POINTS not in prompts or _LABELS not in prompts or not maps or not scores:
            raise ModelError(
                f'model {name} takes {"; ".join(map(str, network.inputs))} and gives '
                f'{"; ".join(map(str, network.outputs))}; a Segment Anything decoder takes '
                'point_coords, point_labels and the features of its encoder, and gives masks '
                '(four axes) and their predicted IoU (two axes)'
            )
        # Some give masks of the image's size as well, of which nothing more can be had.
        maps.sort(key=lambda spec: 'low_res' not in spec.name)
        scores.sort(key=lambda spec: 'iou' not in spec.name)
        count = prompts[_POINTS].shape[0]
        sides = prompts[_MASK].shape[-2:] if _MASK in prompts else maps[0].shape[-2:]
        height, width = (side if isinstance(side, int) else _MASK_SIDE for side in sides)
        return cls(
            features=tuple(spec.name for spec in network.inputs if spec.name not in prompts),
            prompts=prompts,
            masks=maps[0].name,
            scores=scores[0].name,
            most=count if isinstance(count, int) else most,
            mask_size=(height, width),
        )

    def fed(
        self,
        features: Tensors,
        points: Floats,
        labels: Floats,
        earlier: Sequence[Floats | None],
        image: Size,
    ) -> Tensors:
        """Return the inputs for some objects of one image of (height, width)."""
        if len(self.features) == 1:
            # The one of that name, or else the first, whatever either network calls it.
            name = self.features[0] if self.features[0] in features else next(iter(features))
            given: dict[str, Any] = {self.features[0]: features.arrays[name]}
        else:
            given = {name: features[name] for name in self.features}
        given[_POINTS] = points
        given[_LABELS] = labels.astype(self.prompts[_LABELS].dtype)
        if self.takes_masks:
            given[_MASK], given[_HAS_MASK] = self._masks(earlier)
        elif any(mask is not None for mask in earlier):
            raise PromptError('this network takes no mask as a prompt; give points or a box')
        if _SIZE in self.prompts:
            given[_SIZE] = np.array(image, self.prompts[_SIZE].dtype)
        return Tensors(given)

    def read(self, answer: Tensors, count: int) -> tuple[Floats, Floats]:
        """Return the masks (N, K, h, w) and ratings (N, K) of that many objects."""
        masks, scores = answer[self.masks], answer[self.scores]
        fits = masks.ndim == 4 and masks.shape[:2] == scores.shape
        if not fits or len(masks) != count or 0 in masks.shape:
            raise ModelError(
                f'the decoder gave {self.masks} {list(masks.shape)} and {self.scores} '
                f'{list(scores.shape)} for {count} objects; [{count}, masks, height, width] and '
                f'[{count}, masks] are expected. Is it a Segment Anything decoder, exported for '
                'any number of objects?'
            )
        return masks, scores

    def _masks(self, earlier: Sequence[Floats | None]) -> tuple[Floats, Floats]:
        """Return the masks given back, and which objects have one."""
        # Published decoders have one mask for the whole batch.
        rows = 1 if self.prompts[_MASK].shape[0] == 1 else len(earlier)
        given = [mask for mask in earlier if mask is not None]
        if rows < len(earlier) and given:
            raise PromptError(
                'this network takes a mask as a prompt for one object at a time; ask for each '
                'object by itself'
            )
        masks = np.zeros((rows, 1, *self.mask_size), np.float32)
        for row, mask in enumerate(earlier):
            if mask is None:
                continue
            if mask.shape != self.mask_size:
                raise PromptError(
                    f'a mask prompt has shape {list(mask.shape)}; a coarse answer of this network '
                    f'is expected, {list(self.mask_size)}'
                )
            masks[row, 0] = mask
        has = np.array([mask is not None for mask in earlier][:rows], np.float32)
        return masks, has
