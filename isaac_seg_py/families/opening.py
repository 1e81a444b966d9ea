"""Open a network with what goes before and after it."""

from __future__ import annotations

from collections.abc import Sequence
import logging
from typing import Any, Final

from .assumed import tell_assumed
from .contract import decode_config, encode_config, peek, split_settings
from .family import Family
from .fusing import fuse, outputs_agree
from .table import find_family, named_family
from ..catalog.manifest import Manifest
from ..config import DecodeConfig, EncodeConfig
from ..decode.labels import LabelDecoder
from ..encode.image import ImageEncoder
from ..errors import SegmentationError
from ..infer import Backend, open_backend
from ..infer.base import DeviceBackend
from ..infer.choice import log_line, Say
from ..infer_config import InferConfig
from ..panoptic import Found
from ..pipeline import Pipeline, Spine
from ..settings import settings_of

_LOG: Final = logging.getLogger(__name__)


def open_pipeline(manifest: Manifest, *, say: Say = log_line, **chosen: Any) -> Spine[Found]:
    """
    Open a network of any family; `chosen` are settings, which win over the manifest.

    They are those of `InferConfig`, of `EncodeConfig`, and of the config that the family has for
    its output: `DecodeConfig` or `InstanceConfig`. `say` is told what takes long.
    """
    # A family that is opened otherwise is told before a file of it is missed.
    named_family(manifest)
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
        return around(network, family, encode, decode)
    except BaseException:
        network.close()
        raise


def _open_fused(
    manifest: Manifest, outputs: Sequence[str], infer: dict[str, Any], chosen: dict[str, Any]
) -> Spine[Found]:
    """Open a network with all that is equal afterwards folded in, or what `fuse_output` says."""
    with peek(manifest) as network:
        family, encode, decode = _configs(network, manifest, chosen)
    with_output = infer.pop('fuse_output', outputs_agree(decode))
    fused = fuse(manifest, encode, decode, with_output=with_output)
    # Made first, because wrong settings are found here.
    stages = ImageEncoder(fused.encode), family.decoder(fused.decode)
    network = open_backend(fused.file, outputs=outputs, **infer)
    network.choice = '; '.join([network.choice, *fused.notes])
    return _on_device(network, family, fused.encode, fused.decode) or Pipeline(
        stages[0], network, stages[1]
    )


def around(network: Backend, family: Family, encode: EncodeConfig, decode: Any) -> Spine[Found]:
    """Put the stages around a network: on its device, where it works there, or on the host."""
    return _on_device(network, family, encode, decode) or Pipeline(
        ImageEncoder(encode), network, family.decoder(decode)
    )


def _on_device(
    network: Backend, family: Family, encode: EncodeConfig, decode: Any
) -> Spine[Found] | None:
    """Return a pipeline on the network's device, None where the host must do a part."""
    suits = family.decoder is LabelDecoder and isinstance(decode, DecodeConfig)
    if not (suits and isinstance(network, DeviceBackend)):
        return None
    if decode.mix_colors or decode.class_alphas:
        return None
    from ..cuda_pipeline import CudaPipeline

    try:
        return CudaPipeline.around(network, encode, decode)
    except SegmentationError as error:
        _LOG.warning('images are prepared and masks made on the host: %s', error)
        return None


def _configs(
    network: Backend, manifest: Manifest, chosen: dict[str, Any]
) -> tuple[Family, EncodeConfig, Any]:
    """Return the family of a network, and how its input is made and its output read."""
    family = find_family(manifest, network.inputs, network.outputs)
    before, after = split_settings(chosen, EncodeConfig, family.config)
    encode = encode_config(manifest, family, network.inputs[0], **before)
    tell_assumed(manifest, encode, before)
    return family, encode, decode_config(manifest, family, **after)
