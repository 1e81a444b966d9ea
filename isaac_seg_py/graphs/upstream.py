"""Launch arguments by which Isaac ROS's graphs are told; each is one parameter of one node."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from .graph import Argument, NodeSpec
from ..errors import ConfigError
from ..user_files import load_yaml

_ENCODER: Final = 'dnn_image_encoder_node'
_NETWORK: Final = 'tensor_rt_node'
_DECODER: Final = '*'


@dataclass(frozen=True)
class Passed:
    """An argument that is a parameter of a node where it is given; `*` is the decoder."""

    name: str
    node: str
    parameter: str = ''

    @property
    def argument(self) -> Argument:
        """Return the argument; empty, it is not passed."""
        node = 'the decoder' if self.node == _DECODER else self.node
        return Argument(
            self.name, '', f'Parameter {self.parameter or self.name} of {node}. Empty: its own.'
        )


_NETWORK_LISTS: Final = tuple(
    f'{side}_{what}'
    for side in ('input', 'output')
    for what in ('tensor_names', 'binding_names', 'tensor_formats')
)
UPSTREAM: Final = (
    *(Passed(f'{which}_image_{side}', _ENCODER) for which in ('input', 'network')
      for side in ('width', 'height')),
    Passed('encoder_image_mean', _ENCODER, 'image_mean'),
    Passed('encoder_image_stddev', _ENCODER, 'image_stddev'),
    Passed('engine_file_path', _NETWORK),
    Passed('model_name', _NETWORK),
    Passed('model_repository_paths', _NETWORK),
    Passed('max_batch_size', _NETWORK),
    *(Passed(name, _NETWORK) for name in _NETWORK_LISTS),
    Passed('tensorrt_verbose', _NETWORK, 'verbose'),
    Passed('force_engine_update', _NETWORK),
    Passed('max_workspace_size', _NETWORK),
    Passed('network_output_type', _DECODER),
    Passed('mask_width', _DECODER),
    Passed('mask_height', _DECODER),
)  # fmt: skip
# What is no parameter of ours, but decides what is told.
OTHERS: Final = (
    Argument('model_file_path', '', 'ONNX file to run in place of model.'),
    Argument(
        'use_planar_input', '', 'true: the network takes NCHW; false: NHWC. Empty: as it is.'
    ),
)


def passed(
    nodes: Iterable[NodeSpec], table: Iterable[Passed], values: Mapping[str, Any], decoder: str
) -> list[NodeSpec]:
    """Return the nodes with the parameters of the arguments that were given."""
    told: dict[str, dict[str, Any]] = {}
    for one in table:
        value = _read(one.name, values[one.name])
        # Isaac ROS's graphs say 0 for a batch that is not limited.
        if value is not None and not (one.name == 'max_batch_size' and value == 0):
            node = decoder if one.node == _DECODER else one.node
            told.setdefault(node, {})[one.parameter or one.name] = value
    planar = _read('use_planar_input', values.get('use_planar_input', ''))
    if planar is not None:
        told.setdefault(_ENCODER, {})['tensor_layout'] = 'NCHW' if planar else 'NHWC'
    return [
        replace(spec, parameters={**spec.parameters, **told.get(spec.name, {})}) for spec in nodes
    ]


def _read(name: str, text: str) -> Any:
    """Return what a text means as YAML, None where it says nothing, as `[""]` does not."""
    try:
        value = load_yaml(text) if text else None
    except ConfigError as error:
        raise ConfigError(f'{name} is {text!r} ({error}); YAML is expected') from error
    if value == '' or (isinstance(value, list) and not any(one != '' for one in value)):
        return None
    return value
