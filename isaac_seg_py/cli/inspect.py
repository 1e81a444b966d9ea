"""`isaac-seg inspect`: what a model takes and gives."""

from __future__ import annotations

import argparse
import dataclasses
import json
from typing import Any

from ..families.contract import decode_config, encode_config
from ..infer import open_backend
from ..model_folders import find_manifest
from ..tensors import TensorSpec

EXAMPLE = 'isaac-seg inspect tiny-unet'


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the verb."""
    parser.add_argument('model', help='name of a model, a manifest or an ONNX file')
    parser.add_argument('--json', action='store_true', help='print JSON')


def run(arguments: argparse.Namespace) -> int:
    """Print what is known of the model."""
    manifest = find_manifest(arguments.model)
    path = manifest.model_file()
    with open_backend(path) as network:
        facts: dict[str, Any] = {
            'name': manifest.name,
            'file': str(path),
            'bytes': path.stat().st_size,
            'license': manifest.license or 'not said',
            'backend': network.name,
            'inputs': [_tensor(spec) for spec in network.inputs],
            'outputs': [_tensor(spec) for spec in network.outputs],
            'labels': list(manifest.labels),
        }
        if len(network.inputs) == 1 and len(network.inputs[0].shape) == 4:
            sizes = _settable(network.inputs[0], manifest)
            facts['encode'] = dataclasses.asdict(
                encode_config(manifest, network.inputs[0], **sizes)
            )
            facts['decode'] = dataclasses.asdict(decode_config(manifest))
    if arguments.json:
        print(json.dumps(facts, indent=2))
        return 0
    _show(facts)
    return 0


def _settable(spec: TensorSpec, manifest: Any) -> dict[str, int]:
    """Return a size to show the settings with, where neither model nor manifest fixes one."""
    fixed = all(isinstance(dim, int) for dim in spec.shape[1:])
    if fixed or 'network_image_width' in manifest.encode:
        return {}
    return {'network_image_height': 512, 'network_image_width': 512}


def _tensor(spec: TensorSpec) -> dict[str, Any]:
    return {'name': spec.name, 'dtype': spec.dtype.name, 'shape': list(spec.shape)}


def _show(facts: dict[str, Any]) -> None:
    print(f'{facts["name"]}: {facts["file"]} ({facts["bytes"] / 1e6:.2f} MB)')
    print(f'licence   {facts["license"]}')
    print(f'backend   {facts["backend"]}')
    for side in ('inputs', 'outputs'):
        for tensor in facts[side]:
            dims = ', '.join('?' if dim is None else str(dim) for dim in tensor['shape'])
            print(f'{side[:-1]:<9} {tensor["name"]} {tensor["dtype"]} [{dims}]')
    if facts['labels']:
        print(f'classes   {len(facts["labels"])}: {", ".join(facts["labels"])}')
    shown = {
        'encode': ('network_image_height', 'network_image_width', 'fit', 'color_order',
                   'tensor_layout', 'tensor_dtype', 'image_mean', 'image_stddev',
                   'net_scale_factor'),
        'decode': ('network_output_type', 'data_format', 'mask_frame', 'filter_mode'),
    }  # fmt: skip
    for stage, names in shown.items():
        if stage in facts:
            told = ', '.join(f'{name}={_plain(facts[stage][name])}' for name in names)
            print(f'{stage:<9} {told}')


def _plain(value: Any) -> str:
    return str(list(value)) if isinstance(value, tuple) else str(value)
