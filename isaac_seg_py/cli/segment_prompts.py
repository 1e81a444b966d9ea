"""`isaac-seg segment` with networks that are shown an object, or asked for everything."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from .prompt_arguments import add_prompts, asked, parse_objects, PromptedObject
from ..automatic_config import AutomaticConfig
from ..catalog.manifest import Manifest
from ..catalog.model_folders import find_manifest
from ..closing import Closing
from ..errors import ConfigError
from ..families.sam import SAM
from ..families.sam2 import SAM2
from ..instance_masks import InstanceMasks
from ..promptable import PromptableSegmenter
from ..prompts import make_prompts
from ..settings import settings_of

_OBJECT: Final = 'object'
_NONE: Final = np.zeros(0, np.float32)


@dataclass(frozen=True, eq=False)
class SteadyMasks(InstanceMasks):
    """Objects with how little each depends on the threshold."""

    stability: npt.NDArray[np.float32] = field(default_factory=lambda: _NONE)

    def _describe(self, index: int) -> dict[str, Any]:
        told = super()._describe(index)
        return {**told, 'stability': float(self.stability[index])}


def add_prompt_arguments(group: argparse._ArgumentGroup) -> None:
    """Declare what shows a network its objects."""
    add_prompts(group)
    group.add_argument(
        '--everything', action='store_true',
        help='all objects that a grid of points finds; --set points_per_side=16 and others',
    )  # fmt: skip


def default_model(arguments: argparse.Namespace) -> str:
    """Return the model that is meant where none is named: prompts are for one of their own."""
    return 'tiny-sam' if arguments.prompts or arguments.everything else 'tiny-unet'


def is_prompted(arguments: argparse.Namespace) -> bool:
    """Say whether the model is one that is shown objects; raise ConfigError for a misfit."""
    manifest = find_manifest(arguments.model)
    given = bool(arguments.prompts or arguments.everything)
    if manifest.family == SAM.name:
        if not given:
            raise ConfigError(
                f'model {manifest.name} must be shown what to look for; give --box x1,y1,x2,y2, '
                '--point x,y or --everything'
            )
        if arguments.prompts and arguments.everything:
            raise ConfigError('--everything takes no --box and no --point; give one or the other')
        return True
    if given and manifest.family == SAM2.name:
        raise ConfigError(
            f'model {manifest.name} follows objects through pictures: isaac-seg track takes it; '
            'choose a model of family sam here, as tiny-sam'
        )
    if given and manifest.family not in ('', 'auto'):
        raise ConfigError(
            f'model {manifest.name} takes no prompts; leave --box, --point and --everything out, '
            'or choose a model of family sam (isaac-seg models --all lists them)'
        )
    return given


class PromptedSegment(Closing):
    """Asks for the same objects in every picture."""

    def __init__(
        self,
        sam: PromptableSegmenter,
        objects: Sequence[PromptedObject],
        automatic: dict[str, Any],
    ) -> None:
        """Take the objects, or settings for everything where there are none."""
        self._sam = sam
        self._objects = objects
        self._automatic = automatic

    @classmethod
    def open(cls, arguments: argparse.Namespace, **settings: Any) -> PromptedSegment:
        """Open the model that the arguments name."""
        objects = parse_objects(arguments.prompts)
        if arguments.input_blob or arguments.output_blob:
            raise ConfigError(
                '--input-blob and --output-blob are for networks without prompts; leave them out'
            )
        names = settings_of(AutomaticConfig)
        automatic = {name: settings.pop(name) for name in names if name in settings}
        if automatic and objects:
            raise ConfigError(f'{", ".join(automatic)}: only --everything has these settings')
        return cls(PromptableSegmenter.open(arguments.model, **settings), objects, automatic)

    @property
    def manifest(self) -> Manifest:
        """Return what is known of the model."""
        return self._sam.manifest

    def __call__(self, image: npt.NDArray[np.uint8], *, want_scores: bool = True) -> SteadyMasks:
        """Return the objects of one picture."""
        if not self._objects:
            found = self._sam.everything(image, **self._automatic)
            return _steady(found.objects, found.stability, ())
        size = image.shape[0], image.shape[1]
        for one in self._objects:
            # What is wrong with one is told in the words in which it was given.
            make_prompts(size, **asked([one]), called=' '.join(one.typed))
        answer = self._sam.ask(self._sam.encode(image), **asked(self._objects))
        return _steady(answer.objects, answer.stability, [one.name for one in self._objects])

    def close(self) -> None:
        """Give back what the networks hold."""
        self._sam.close()


def _steady(
    objects: InstanceMasks, stability: npt.NDArray[np.float32], names: Sequence[str]
) -> SteadyMasks:
    """Return objects whose classes are the names that they were given."""
    classes = list(dict.fromkeys([_OBJECT, *filter(None, names)]))
    # Of `multimask: all` an object has several masks, and an id of its name and their numbers.
    roots = [one[0] if isinstance(one, tuple) else one for one in objects.ids]
    numbers = [classes.index(one) if one in classes else 0 for one in roots]
    named = replace(
        objects,
        class_ids=np.array(numbers, np.int64).reshape(len(objects)),
        class_names=tuple(classes),
    )
    facts = {name: getattr(named, name) for name in named.__dataclass_fields__}
    return SteadyMasks(**facts, stability=stability)
