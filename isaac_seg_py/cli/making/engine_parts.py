"""What `isaac-seg build` builds: the one network of a model, or each of its parts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...catalog.manifest import Manifest
from ...errors import ConfigError, ModelError
from ...families.sam import SAM
from ...families.sam2 import SAM2
from ...families.sam2_opening import part_settings as sam2_settings
from ...families.sam_engine import part_settings as sam_settings
from ...infer.engine_options import EngineOptions
from ...infer.plan_file import PLAN_SUFFIXES
from ...infer.trt_opening import engine_options
from ...infer_config import InferConfig
from ...prompt_config import PromptConfig
from ...settings import from_mapping
from ...track_config import TrackConfig


@dataclass(frozen=True)
class PartToBuild:
    """One network of a model, and what nodes and classes build its engine for."""

    name: str
    file: Path
    options: EngineOptions


def parts_to_build(manifest: Manifest, part: str, asked: Mapping[str, Any]) -> list[PartToBuild]:
    """
    Return the networks of a model, or the part that is named.

    `asked` are settings of `InferConfig`, which win over the manifest. Engines are found again
    by whoever opens the model with the same settings.
    """
    if part and not manifest.parts:
        raise ConfigError(f'model {manifest.name} is one network; leave --part {part} out')
    names = [part] if part else [*manifest.all_parts]
    files = {name: manifest.model_file(name) for name in names}
    for file in files.values():
        if file.suffix in PLAN_SUFFIXES:
            raise ModelError(f'{str(file)!r} is an engine already; give its ONNX model')
    shapes = asked.get('engine_shapes', ())
    by_part = {
        name: tuple(text for text in shapes if not manifest.parts or _has_input(file, text))
        for name, file in files.items()
    }
    strangers = [text for text in shapes if not any(text in own for own in by_part.values())]
    if strangers:
        raise ConfigError(
            f'--shape {strangers[0]} is for no input of {", ".join(names)}; isaac-seg inspect '
            f'{manifest.name} shows what they take'
        )
    found = []
    for name, file in files.items():
        told = {**manifest.infer, **asked, 'engine_shapes': by_part[name]}
        config = from_mapping(InferConfig, _of_family(manifest, name, file, told))
        found.append(PartToBuild(name, file, engine_options(config, file)))
    return found


def _of_family(
    manifest: Manifest, part: str, file: Path, told: Mapping[str, Any]
) -> Mapping[str, Any]:
    """Return the settings with which a part is opened; shapes that are given win."""
    if manifest.family == SAM.name:
        most = from_mapping(PromptConfig, manifest.decode).max_prompts
        return sam_settings(part, file, told, most)
    if manifest.family == SAM2.name:
        made = sam2_settings(
            part, file, {**told, 'engine_shapes': ()}, from_mapping(TrackConfig, manifest.decode)
        )
        shapes = {_name(text): text for text in (*made['engine_shapes'], *told['engine_shapes'])}
        return {**made, 'engine_shapes': tuple(shapes.values())}
    return told


def _has_input(file: Path, shape: str) -> bool:
    import onnx

    try:
        graph = onnx.load(str(file), load_external_data=False).graph
    except Exception as error:
        # What is no ONNX file ends in errors of many kinds.
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise ModelError(f'{str(file)!r} cannot be read as an ONNX model: {reason}') from error
    return any(value.name == _name(shape) for value in graph.input)


def _name(shape: str) -> str:
    return shape.rpartition('=')[0]
