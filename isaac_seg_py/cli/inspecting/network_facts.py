"""What is known of one network file: tensors, layers, memory; and the settings around it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
import importlib.util
from pathlib import Path
from typing import Any, Final

from ...families.assumed import in_plain
from ...infer import Backend
from ...tensors import TensorSpec

_SHOWN: Final = {
    'encode': ('network_image_height', 'network_image_width', 'fit', 'color_order',
               'tensor_layout', 'tensor_dtype', 'image_mean', 'image_stddev',
               'net_scale_factor'),
    'decode': ('network_output_type', 'data_format', 'task', 'score_threshold',
               'nms_iou_threshold', 'mask_frame', 'filter_mode', 'multimask', 'mask_threshold',
               'stability_offset', 'prompt_frame', 'max_prompts'),
}  # fmt: skip


def network_facts(path: Path, network: Backend) -> dict[str, Any]:
    """Return what a file that is open takes and gives, and of an ONNX file how it is made."""
    facts: dict[str, Any] = {
        'file': str(path),
        'bytes': path.stat().st_size,
        'backend': network.name,
        'inputs': [_tensor(spec) for spec in network.inputs],
        'outputs': [_tensor(spec) for spec in network.outputs],
    }
    if path.suffix == '.onnx' and importlib.util.find_spec('onnx') is not None:
        from ...infer.onnx_facts import onnx_facts

        facts['onnx'] = onnx_facts(path)
    return facts


def show_network(facts: Mapping[str, Any]) -> None:
    """Print the tensors, layers and memory of one file."""
    for side in ('inputs', 'outputs'):
        for tensor in facts[side]:
            dims = ', '.join('?' if dim is None else str(dim) for dim in tensor['shape'])
            print(f'{side[:-1]:<9} {tensor["name"]} {tensor["dtype"]} [{dims}]')
    if 'onnx' in facts:
        _show_onnx(facts['onnx'])


def show_settings(facts: Mapping[str, Any]) -> None:
    """Print the settings of the stages around a network that matter most."""
    for stage, names in _SHOWN.items():
        if stage in facts:
            apart = (
                {*facts.get('free', ()), *facts.get('assumed', ())} if stage == 'encode' else ()
            )
            _show_some(stage, facts[stage], [name for name in names if name not in apart])
    if facts.get('assumed'):
        _show_some('assumed', facts['encode'], facts['assumed'])
        print('          if that is wrong, say it in a manifest (see models/README.md)')
    if facts.get('free'):
        sizes = ' '.join(f'--set {name}=N' for name in facts['free'])
        print(f'size      free, must be given: {sizes}')


def _show_some(head: str, values: Mapping[str, Any], names: Iterable[str]) -> None:
    told = ', '.join(f'{name}={in_plain(values[name])}' for name in names if name in values)
    print(f'{head:<9} {told}')


def _tensor(spec: TensorSpec) -> dict[str, Any]:
    return {'name': spec.name, 'dtype': spec.dtype.name, 'shape': list(spec.shape)}


def _show_onnx(facts: Mapping[str, Any]) -> None:
    written = ', '.join(f'{count} {kind}' for kind, count in facts['layers_by_type'].items())
    print(f'layers    {facts["layers"]} (opset {facts["opset"]}), by what they write: {written}')
    activation = facts['activation_bytes']
    needed = 'unknown, as a shape is free' if activation is None else f'{activation / 1e6:.1f} MB'
    print(f'memory    weights {facts["weights_bytes"] / 1e6:.1f} MB, tensors {needed} (estimated)')
