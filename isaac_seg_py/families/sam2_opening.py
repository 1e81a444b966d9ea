"""Open the four networks of Segment Anything 2."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from .contract import encode_config, split_settings
from .sam2 import FollowingNetwork, SAM2
from .sam2_contract import PARTS, Sam2Contract
from .sam2_place import open_work
from .sam2_shapes import free_shapes
from ..catalog.manifest import Manifest
from ..config import EncodeConfig
from ..encode.image import ImageEncoder
from ..errors import ModelError
from ..infer import Backend, open_backend
from ..infer_config import InferConfig
from ..settings import from_mapping, settings_of
from ..track_config import TrackConfig

# The decoder works on points of up to a thousand pixels, and is a small part of the work.
_DECODER_PRECISION: Final = 'tf32'


def open_sam2(manifest: Manifest, **chosen: Any) -> FollowingNetwork:
    """
    Open a model with the parts image_encoder, decoder, memory_encoder and memory_attention.

    `chosen` are settings of `InferConfig`, `EncodeConfig` and `TrackConfig`; they win over the
    manifest.
    """
    missing = [part for part in PARTS if part not in manifest.parts]
    if manifest.family not in ('', 'auto', SAM2.name) or missing:
        raise ModelError(
            f'model {manifest.name} is of family {manifest.family} and has the parts '
            f'{", ".join(map(repr, manifest.all_parts))}; a model of family {SAM2.name} with the '
            f'parts {", ".join(PARTS)} is needed to follow objects'
        )
    given = {name: chosen.pop(name) for name in settings_of(InferConfig) if name in chosen}
    infer = {**manifest.infer, **given}
    before, after = split_settings(chosen, EncodeConfig, TrackConfig)
    config = from_mapping(TrackConfig, {**manifest.decode, **after})
    opened: dict[str, Backend] = {}
    try:
        for part in PARTS:
            file = manifest.model_file(part)
            opened[part] = open_backend(file, **part_settings(part, file, infer, config))
        image = opened[PARTS[0]].inputs[0]
        if len(opened[PARTS[0]].inputs) != 1 or len(image.shape) != 4:
            raise ModelError(
                f'the image encoder of {manifest.name} takes '
                f'{"; ".join(map(str, opened[PARTS[0]].inputs))}; one image [1, 3, H, W] is '
                'expected'
            )
        encode = ImageEncoder(encode_config(manifest, SAM2, image, **before))
        contract = Sam2Contract.of(manifest.name, opened, config.max_num_objects)
        work = open_work(opened, config, contract, infer.get('device', 0))
        return FollowingNetwork(encode, opened, config, name=manifest.name, work=work)
    except BaseException:
        for network in opened.values():
            network.close()
        raise


def part_settings(
    part: str, file: Path, infer: Mapping[str, Any], config: TrackConfig
) -> dict[str, Any]:
    """Return how a part is opened: TensorRT wants to know the shapes that may come."""
    settings = dict(infer)
    if part == 'decoder' and not settings.get('precision'):
        settings['precision'] = _DECODER_PRECISION
    if str(settings.get('backend', 'auto')).startswith(('auto', 'tensorrt')):
        shapes = settings.get('engine_shapes') or free_shapes(file, config)
        settings['engine_shapes'] = tuple(shapes)
    return settings
