"""`isaac-seg segment` with networks that are shown an object, or asked for everything."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from .steady_masks import found_masks, named_masks, SteadyMasks
from ..prompting.arguments import add_prompts, asked, parse_objects, PromptedObject
from ..prompting.files import add_prompt_files, is_file_given, open_prompt_file
from ..prompting.found_objects import FoundObjects
from ...automatic_config import AutomaticConfig
from ...catalog.manifest import Manifest
from ...catalog.model_folders import find_manifest
from ...closing import Closing
from ...errors import ConfigError
from ...families.sam import SAM
from ...families.sam2 import SAM2
from ...frames import Frame
from ...instance_masks import InstanceMasks
from ...promptable import PromptableSegmenter
from ...prompts import make_prompts
from ...settings import settings_of


def add_prompt_arguments(group: argparse._ArgumentGroup) -> None:
    """Declare what shows a network its objects."""
    add_prompts(group)
    group.add_argument(
        '--everything', action='store_true',
        help='all objects that a grid of points finds; --set points_per_side=16 and others',
    )  # fmt: skip
    add_prompt_files(group)


def default_model(arguments: argparse.Namespace) -> str:
    """Return the model that is meant where none is named: prompts are for one of their own."""
    return 'tiny-sam' if _is_given(arguments) else 'tiny-unet'


def is_prompted(arguments: argparse.Namespace) -> bool:
    """Say whether the model is one that is shown objects; raise ConfigError for a misfit."""
    manifest = find_manifest(arguments.model)
    given = _is_given(arguments)
    if manifest.family == SAM.name:
        if not given:
            raise ConfigError(
                f'model {manifest.name} must be shown what to look for; give --box x1,y1,x2,y2, '
                '--point x,y or --everything, or a file with --detections or --keypoints'
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
            f'model {manifest.name} takes no prompts; leave --box, --point, --everything, '
            '--detections and --keypoints out, or choose a model of family sam (isaac-seg models '
            '--all lists them)'
        )
    return given


def _is_given(arguments: argparse.Namespace) -> bool:
    return bool(arguments.prompts or arguments.everything or is_file_given(arguments))


class PromptedSegment(Closing):
    """Asks for the same objects in every picture, or for those that a file has of it."""

    def __init__(
        self,
        sam: PromptableSegmenter,
        objects: Sequence[PromptedObject],
        automatic: dict[str, Any],
        file: FoundObjects | None = None,
    ) -> None:
        """Take the objects, a file of them, or settings for everything where there are none."""
        self._sam = sam
        self._objects = objects
        self._automatic = automatic
        self._file = file

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
        file = open_prompt_file(arguments)
        if file and (objects or arguments.everything):
            raise ConfigError(
                '--detections and --keypoints show all objects; leave --box, --point and '
                '--everything out'
            )
        if automatic and (objects or file):
            raise ConfigError(f'{", ".join(automatic)}: only --everything has these settings')
        return cls(PromptableSegmenter.open(arguments.model, **settings), objects, automatic, file)

    @property
    def manifest(self) -> Manifest:
        """Return what is known of the model."""
        return self._sam.manifest

    @property
    def remarks(self) -> list[str]:
        """Return what a person should know of the file's objects."""
        return self._file.remarks if self._file else []

    def of(self, frame: Frame) -> SteadyMasks:
        """Return the objects of one picture, by whose name a file knows it."""
        if self._file is None:
            return self(frame.image)
        found = self._file.of(frame)
        names, told = self._file.class_names, [one.to_json() for one in found]
        if not found:
            none = InstanceMasks.empty((frame.image.shape[0], frame.image.shape[1]))
            return found_masks(none, np.zeros(0, np.float32), names, told)
        shown = asked([one.prompt for one in found])
        classes = [one.category for one in found]
        answer = self._sam.ask(self._sam.encode(frame.image), **shown, class_ids=classes)
        return found_masks(answer.objects, answer.stability, names, told)

    def __call__(self, image: npt.NDArray[np.uint8], *, want_scores: bool = True) -> SteadyMasks:
        """Return the objects of one picture."""
        if not self._objects:
            found = self._sam.everything(image, **self._automatic)
            return named_masks(found.objects, found.stability, ())
        size = image.shape[0], image.shape[1]
        for one in self._objects:
            # What is wrong with one is told in the words in which it was given.
            make_prompts(size, **asked([one]), called=' '.join(one.typed))
        answer = self._sam.ask(self._sam.encode(image), **asked(self._objects))
        return named_masks(answer.objects, answer.stability, [one.name for one in self._objects])

    def close(self) -> None:
        """Give back what the networks hold."""
        self._sam.close()
