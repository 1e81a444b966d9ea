"""Open the network that an InferConfig describes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from .base import Backend
from .choice import log_line, Say
from .naming import renamed
from .shared import open_shared
from ..catalog.model_folders import find_manifest
from ..errors import ConfigError
from ..infer_config import InferConfig
from ..user_files import user_path


def open_configured(
    config: InferConfig, *, file: Path | None = None, say: Say = log_line
) -> Backend:
    """
    Open a network by its model's name or its file, under the tensor names asked for.

    `file` runs in place of the model's own, as a fused one does. `say` is told what takes long.
    Who asks for the same network in this process gets a share of the one that is open.
    """
    path, outputs = _named(config)
    network = open_shared(file or path, config, outputs, say)
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


def _named(config: InferConfig) -> tuple[Path, Sequence[str]]:
    """Return the file and the outputs that the settings name."""
    outputs = config.output_binding_names
    if config.model:
        manifest = find_manifest(config.model)
        # A Triton server has the file itself.
        path = manifest.file if config.backend == 'triton' else manifest.model_file()
        return path, outputs or ((manifest.output_name,) if manifest.output_name else ())
    named = [user_path(name) for name in (config.model_file_path, config.engine_file_path) if name]
    if named:
        # A plan alone is enough, as it is for Isaac ROS.
        return next((path for path in named if path.is_file()), named[0]), outputs
    if config.backend == 'triton' and config.model_name:
        return Path(config.model_name), outputs
    raise ConfigError(
        'no network was given; set model (a name, see isaac-seg models) or model_file_path '
        '(an ONNX file)'
    )
