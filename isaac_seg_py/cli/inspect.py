"""`isaac-seg inspect`: what a model takes and gives."""

from __future__ import annotations

import argparse
from contextlib import suppress
import dataclasses
import importlib.util
import json
from pathlib import Path
from typing import Any

from .class_check import check_classes
from .engine_table import show_engine
from ..catalog.manifest import Manifest
from ..catalog.model_folders import find_manifest
from ..config import DecodeConfig
from ..errors import ModelError
from ..families.contract import decode_config, encode_config
from ..families.table import find_family
from ..infer import open_backend
from ..infer.plan_file import PLAN_SUFFIXES, PlanFile
from ..tensors import TensorSpec

EXAMPLE = 'isaac-seg inspect tiny-unet'


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the verb."""
    parser.add_argument('model', help='name of a model, a manifest, an ONNX file or an engine')
    parser.add_argument('--json', action='store_true', help='print JSON')


def run(arguments: argparse.Namespace) -> int:
    """Print what is known of the model."""
    manifest = find_manifest(arguments.model)
    path = manifest.model_file()
    known = PlanFile(path).facts() if path.suffix in PLAN_SUFFIXES else {}
    if known:
        return _show_engine(path, known, arguments.json)
    # A plan from elsewhere is asked itself, which needs its library and a GPU.
    backend = 'auto' if path.suffix in PLAN_SUFFIXES else 'onnxruntime'
    with open_backend(path, backend=backend) as network:
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
        with suppress(ModelError):
            # What fits no family still has tensors to show.
            family = find_family(manifest, network.inputs, network.outputs)
            sizes = _settable(network.inputs[0], manifest)
            facts['family'] = family.name
            facts['encode'] = dataclasses.asdict(
                encode_config(manifest, family, network.inputs[0], **sizes)
            )
            decode = decode_config(manifest, family)
            facts['decode'] = dataclasses.asdict(decode)
            if isinstance(decode, DecodeConfig):
                check_classes(network.outputs, decode)
    if path.suffix == '.onnx' and importlib.util.find_spec('onnx') is not None:
        from ..infer.onnx_facts import onnx_facts

        facts['onnx'] = onnx_facts(path)
    if arguments.json:
        print(json.dumps(facts, indent=2))
        return 0
    _show(facts)
    return 0


def _show_engine(path: Path, known: dict[str, Any], as_json: bool) -> int:
    plan = PlanFile(path).read()
    facts = {'engine': str(path), **{k: v for k, v in known.items() if k != 'key'}}
    facts['bytes'] = len(plan)
    if as_json:
        print(json.dumps(facts, indent=2))
    else:
        show_engine(facts)
    return 0


def _settable(spec: TensorSpec, manifest: Manifest) -> dict[str, int]:
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
    print(f'family    {facts.get("family", "none that is known")}')
    for side in ('inputs', 'outputs'):
        for tensor in facts[side]:
            dims = ', '.join('?' if dim is None else str(dim) for dim in tensor['shape'])
            print(f'{side[:-1]:<9} {tensor["name"]} {tensor["dtype"]} [{dims}]')
    if 'onnx' in facts:
        _show_onnx(facts['onnx'])
    if facts['labels']:
        print(f'classes   {len(facts["labels"])}: {", ".join(facts["labels"])}')
    shown = {
        'encode': ('network_image_height', 'network_image_width', 'fit', 'color_order',
                   'tensor_layout', 'tensor_dtype', 'image_mean', 'image_stddev',
                   'net_scale_factor'),
        'decode': ('network_output_type', 'data_format', 'task', 'score_threshold',
                   'nms_iou_threshold', 'mask_frame', 'filter_mode'),
    }  # fmt: skip
    for stage, names in shown.items():
        if stage in facts:
            told = ', '.join(
                f'{name}={_plain(facts[stage][name])}' for name in names if name in facts[stage]
            )
            print(f'{stage:<9} {told}')


def _show_onnx(facts: dict[str, Any]) -> None:
    written = ', '.join(f'{count} {kind}' for kind, count in facts['layers_by_type'].items())
    print(f'layers    {facts["layers"]} (opset {facts["opset"]}), by what they write: {written}')
    activation = facts['activation_bytes']
    needed = 'unknown, as a shape is free' if activation is None else f'{activation / 1e6:.1f} MB'
    print(f'memory    weights {facts["weights_bytes"] / 1e6:.1f} MB, tensors {needed} (estimated)')


def _plain(value: Any) -> str:
    return str(list(value)) if isinstance(value, tuple) else str(value)
