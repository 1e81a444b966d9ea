"""Open a network with what goes before and after it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .contract import decode_config, encode_config, peek, split_settings
from .family import Family
from .fusing import fuse, outputs_agree
from .table import find_family
from ..config import EncodeConfig
from ..encode.image import ImageEncoder
from ..infer import Backend, open_backend
from ..infer.choice import log_line, Say
from ..infer_config import InferConfig
from ..manifest import Manifest
from ..panoptic import Found
from ..pipeline import Pipeline
from ..settings import settings_of


def open_pipeline(manifest: Manifest, *, say: Say = log_line, **chosen: Any) -> Pipeline[Found]:
    """
    Open a network of any family; `chosen` are settings, which win over the manifest.

    They are those of `InferConfig`, of `EncodeConfig`, and of the config that the family has for
    its output: `DecodeConfig` or `InstanceConfig`. `say` is told what takes long.
    """
    given = {name: chosen.pop(name) for name in settings_of(InferConfig) if name in chosen}
    infer = {**manifest.infer, **given}
    outputs = (manifest.output_name,) if manifest.output_name else ()
    if infer.pop('fuse', False):
        return _open_fused(manifest, outputs, {**infer, 'say': say}, chosen)
    # A Triton server has the file itself.
    served = infer.get('backend') == 'triton'
    file = manifest.file if served else manifest.model_file()
    network = open_backend(file, outputs=outputs, say=say, **infer)
    try:
        family, encode, decode = _configs(network, manifest, chosen)
        return Pipeline(ImageEncoder(encode), network, family.decoder(decode))
    except BaseException:
        network.close()
        raise


def _open_fused(
    manifest: Manifest, outputs: Sequence[str], infer: dict[str, Any], chosen: dict[str, Any]
) -> Pipeline[Found]:
    """Open a network with all that is equal afterwards folded in, or what `fuse_output` says."""
    with peek(manifest) as network:
        family, encode, decode = _configs(network, manifest, chosen)
    with_output = infer.pop('fuse_output', outputs_agree(decode))
    fused = fuse(manifest, encode, decode, with_output=with_output)
    stages = ImageEncoder(fused.encode), family.decoder(fused.decode)
    network = open_backend(fused.file, outputs=outputs, **infer)
    network.choice = '; '.join([network.choice, *fused.notes])
    return Pipeline(stages[0], network, stages[1])


def _configs(
    network: Backend, manifest: Manifest, chosen: dict[str, Any]
) -> tuple[Family, EncodeConfig, Any]:
    """Return the family of a network, and how its input is made and its output read."""
    family = find_family(manifest, network.inputs, network.outputs)
    before, after = split_settings(chosen, EncodeConfig, family.config)
    encode = encode_config(manifest, family, network.inputs[0], **before)
    return family, encode, decode_config(manifest, family, **after)
