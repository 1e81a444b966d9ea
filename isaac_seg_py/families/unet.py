"""U-Net and every other network that takes one image and gives one map of classes."""

from __future__ import annotations

from typing import Any

from .contract import decode_config, encode_config, split_settings
from ..decode.labels import LabelDecoder
from ..encode.image import ImageEncoder
from ..errors import ModelError
from ..infer import Backend, open_backend
from ..manifest import Manifest
from ..masks import LabelImage
from ..pipeline import Pipeline


def open_unet(
    manifest: Manifest, *, backend: str = 'auto', threads: int = 0, **chosen: Any
) -> Pipeline[LabelImage]:
    """Open a semantic network; `chosen` are settings of `EncodeConfig` and `DecodeConfig`."""
    outputs = (manifest.output_name,) if manifest.output_name else ()
    network = open_backend(
        manifest.model_file(), backend=backend, threads=threads, outputs=outputs
    )
    try:
        return _around(network, manifest, chosen)
    except BaseException:
        network.close()
        raise


def _around(network: Backend, manifest: Manifest, chosen: dict[str, Any]) -> Pipeline[LabelImage]:
    if len(network.inputs) != 1:
        raise ModelError(
            f'{manifest.name} takes {"; ".join(map(str, network.inputs))}; '
            'a semantic network takes one image. Another family may fit: see isaac-seg models'
        )
    before, after = split_settings(chosen)
    encode = encode_config(manifest, network.inputs[0], **before)
    return Pipeline(ImageEncoder(encode), network, LabelDecoder(decode_config(manifest, **after)))
