"""Open the network that an InferConfig describes."""

from __future__ import annotations

from pathlib import Path

from . import Backend, open_backend
from .naming import renamed
from ..config import InferConfig
from ..errors import ConfigError
from ..model_folders import find_manifest


def open_configured(config: InferConfig) -> Backend:
    """Open a network by its model's name or its file, under the tensor names asked for."""
    outputs = config.output_binding_names
    if config.model:
        manifest = find_manifest(config.model)
        path = manifest.model_file()
        outputs = outputs or ((manifest.output_name,) if manifest.output_name else ())
    elif config.model_file_path:
        path = Path(config.model_file_path).expanduser()
    else:
        raise ConfigError(
            'no network was given; set model (a name, see isaac-seg models) or model_file_path '
            '(an ONNX file)'
        )
    network = open_backend(path, backend=config.backend, threads=config.threads, outputs=outputs)
    try:
        return renamed(
            network,
            input_tensors=config.input_tensor_names,
            input_bindings=config.input_binding_names,
            output_tensors=config.output_tensor_names,
            output_bindings=config.output_binding_names,
        )
    except BaseException:
        network.close()
        raise
