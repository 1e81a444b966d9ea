"""What the four networks of Segment Anything 2 take and give, and in which sizes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

import numpy as np

from ..errors import ModelError
from ..geometry import Size
from ..infer import Backend
from ..tensors import Tensors, TensorSpec

PARTS: Final = ('image_encoder', 'decoder', 'memory_encoder', 'memory_attention')
# Inputs and outputs without which a part cannot do its work; SAM 2.0 lacks some of the others.
_NEEDED: Final[Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]] = MappingProxyType(
    {
        'image_encoder': ((), ('image_embed', 'vision_features')),
        'decoder': (
            ('image_embed', 'point_coords', 'point_labels', 'mask_input', 'has_mask_input'),
            (
                'low_res_masks', 'iou_predictions', 'obj_ptrs', 'object_score_logits', 'stability',
            ),
        ),
        'memory_encoder': (('vision_features', 'mask_logits', 'binarize'), ('maskmem_features',)),
        'memory_attention': (
            ('vision_features', 'memory', 'memory_tpos', 'obj_ptrs'), ('image_embed',),
        ),
    }
)  # fmt: skip


@dataclass(frozen=True)
class Sam2Contract:
    """
    The sizes that the networks have, read from their inputs.

    `mask` is the shape of a coarse mask, `memory` that of what is remembered of one frame,
    (channels, height, width), `pointer` the length of an object's summary. `mask_logits` is the
    size of a mask that the memory is made of, None where any will do. `most` is how many objects
    go at once.
    """

    canvas: Size
    mask: Size
    memory: tuple[int, int, int]
    pointer: int
    mask_logits: Size | None
    most: int

    @classmethod
    def of(cls, name: str, networks: Mapping[str, Backend], most: int) -> Sam2Contract:
        """Find the sizes; raise ModelError where the networks do not belong together."""
        for part in PARTS:
            network = networks[part]
            for side, specs, needed in zip(
                ('takes', 'gives'), (network.inputs, network.outputs), _NEEDED[part], strict=True
            ):
                missing = sorted(set(needed) - {spec.name for spec in specs})
                if missing:
                    raise ModelError(
                        f'{part} of model {name} {side} {"; ".join(map(str, specs))}; '
                        f'{", ".join(missing)} is missing. Is it a part of SAM 2 that isaac-seg '
                        'export wrote?'
                    )
        given = {spec.name for spec in networks['image_encoder'].outputs}
        wanted = _features(networks['decoder'])
        if not wanted <= given:
            raise ModelError(
                f'the decoder of {name} takes {", ".join(sorted(wanted - given))}; its image '
                f'encoder gives {", ".join(sorted(given))}. Are the files of one model?'
            )
        decoder, attention = networks['decoder'], networks['memory_attention']
        memory = _fixed(name, _input(attention, 'memory'), (2, 3, 4))
        image = networks['image_encoder'].inputs[0]
        written = _fixed_or_none(_input(networks['memory_encoder'], 'mask_logits'), (2, 3))
        pointer = _fixed(name, _input(attention, 'obj_ptrs'), (2,))[0]
        _same(name, networks['memory_encoder'].outputs, 'maskmem_features', memory, (1, 2, 3))
        _same(name, decoder.outputs, 'obj_ptrs', (pointer,), (2,))
        canvas = _fixed(name, image, (2, 3))
        mask = _fixed(name, _input(decoder, 'mask_input'), (2, 3))
        return cls(
            canvas=(canvas[0], canvas[1]),
            mask=(mask[0], mask[1]),
            memory=(memory[0], memory[1], memory[2]),
            pointer=pointer,
            mask_logits=(written[0], written[1]) if written else None,
            most=_most(name, networks, most),
        )


def typed(network: Backend, arrays: Mapping[str, Any]) -> Tensors:
    """Return arrays in the element types that a network takes; what it does not take is left."""
    kinds = {spec.name: spec.dtype for spec in network.inputs}
    return Tensors(
        {
            name: array.astype(kinds[name], copy=False) if isinstance(array, np.ndarray) else array
            for name, array in arrays.items()
            if name in kinds
        }
    )


def _features(decoder: Backend) -> set[str]:
    """Return what the decoder takes of the image beside the embedding that is each object's."""
    return {spec.name for spec in decoder.inputs} - set(_NEEDED['decoder'][0])


def _input(network: Backend, name: str) -> TensorSpec:
    return next(spec for spec in network.inputs if spec.name == name)


def _fixed(name: str, spec: TensorSpec, axes: Sequence[int]) -> tuple[int, ...]:
    found = _fixed_or_none(spec, axes)
    if found is None:
        raise ModelError(
            f'model {name} takes {spec}; axes {", ".join(map(str, axes))} must have a size. '
            'Export it again with sizes'
        )
    return found


def _fixed_or_none(spec: TensorSpec, axes: Sequence[int]) -> tuple[int, ...] | None:
    dims = [spec.shape[axis] if axis < len(spec.shape) else None for axis in axes]
    sizes = tuple(dim for dim in dims if isinstance(dim, int))
    return sizes if len(sizes) == len(axes) else None


def _same(
    name: str, specs: Sequence[TensorSpec], which: str, sizes: Sequence[int], axes: Sequence[int]
) -> None:
    """Raise ModelError where an output has another size than the input that it goes to."""
    spec = next(spec for spec in specs if spec.name == which)
    for axis, size in zip(axes, sizes, strict=True):
        dim = spec.shape[axis] if axis < len(spec.shape) else 0
        if isinstance(dim, int) and dim != size:
            raise ModelError(
                f'model {name} gives {spec}, and its memory attention takes {size} on axis {axis} '
                'of it. Are the files of one model?'
            )


def _most(name: str, networks: Mapping[str, Backend], most: int) -> int:
    """Return how many objects go at once: as many as wished, or one where the axis is fixed."""
    counts = {
        spec.shape[0]
        for part, spec_name in (
            ('decoder', 'image_embed'), ('decoder', 'point_coords'),
            ('memory_encoder', 'mask_logits'), ('memory_attention', 'memory'),
        )
        for spec in (_input(networks[part], spec_name),)
        if isinstance(spec.shape[0], int)
    }  # fmt: skip
    if counts - {1}:
        raise ModelError(
            f'model {name} takes {max(counts - {1})} objects at once, no more and no fewer; a '
            'free first axis is expected, or 1'
        )
    return 1 if counts else most
