"""Objects of networks that are shown them: how steady each is, and what showed it."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ...instance_masks import InstanceMasks

_OBJECT: Final = 'object'
_NONE: Final = np.zeros(0, np.float32)


@dataclass(frozen=True, eq=False)
class SteadyMasks(InstanceMasks):
    """Objects with how little each depends on the threshold, and what a file showed of them."""

    stability: npt.NDArray[np.float32] = field(default_factory=lambda: _NONE)
    prompts: tuple[dict[str, Any], ...] = ()

    def _describe(self, index: int) -> dict[str, Any]:
        told = super()._describe(index)
        told |= {'stability': float(self.stability[index])}
        return {**told, 'prompt': self.prompts[index]} if self.prompts else told


def named_masks(
    objects: InstanceMasks, stability: npt.NDArray[np.float32], names: Sequence[str]
) -> SteadyMasks:
    """Return objects whose classes are the names that they were given."""
    classes = list(dict.fromkeys([_OBJECT, *filter(None, names)]))
    roots = [_root(one) for one in objects.ids]
    numbers = [classes.index(one) if one in classes else 0 for one in roots]
    named = replace(
        objects,
        class_ids=np.array(numbers, np.int64).reshape(len(objects)),
        class_names=tuple(classes),
    )
    return _steadied(named, stability, ())


def found_masks(
    objects: InstanceMasks,
    stability: npt.NDArray[np.float32],
    class_names: tuple[str, ...],
    prompts: Sequence[dict[str, Any]],
) -> SteadyMasks:
    """Return objects, numbered from 1, with the prompts of a file that showed them."""
    told = tuple(prompts[_root(one) - 1] for one in objects.ids)
    return _steadied(replace(objects, class_names=class_names), stability, told)


def _root(known: Hashable) -> Any:
    """Return the id of an object: of `multimask: all` each of its masks has one, numbered."""
    return known[0] if isinstance(known, tuple) else known


def _steadied(
    objects: InstanceMasks,
    stability: npt.NDArray[np.float32],
    prompts: tuple[dict[str, Any], ...],
) -> SteadyMasks:
    facts = {name: getattr(objects, name) for name in objects.__dataclass_fields__}
    return SteadyMasks(**facts, stability=stability, prompts=prompts)
