"""Open a network whose tensors are named on the command line, as segNet has it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ...catalog.model_folders import find_manifest
from ...errors import ConfigError
from ...families import Family, open_pipeline
from ...families.table import named_family
from ...segmenter import Segmenter
from ...settings import settings_of


def open_network(
    model: str, *, input_name: str = '', output_name: str = '', **settings: Any
) -> Segmenter:
    """Open a model after checking that it has the tensors named, and classes to ignore."""
    manifest = find_manifest(model)
    family = named_family(manifest)
    if 'ignore_class' in settings and family and not _can_ignore(family):
        raise ConfigError(
            f'--ignore-class is for networks that find classes; {manifest.name} finds objects. '
            'Leave it out, or choose another network'
        )
    if output_name:
        manifest = replace(manifest, output_name=output_name)
    pipeline = open_pipeline(manifest, **settings)
    names = [spec.name for spec in pipeline.infer.inputs]
    if input_name and input_name not in names:
        pipeline.close()
        raise ConfigError(
            f'--input-blob is {input_name!r}; {manifest.name} takes {", ".join(names)}. '
            'Correct it, or leave it out'
        )
    return Segmenter(manifest, pipeline)


def _can_ignore(family: Family) -> bool:
    return 'ignore_class' in settings_of(family.config)
