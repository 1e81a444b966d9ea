"""`isaac-seg inspect`: what a model takes and gives."""

from __future__ import annotations

import argparse
import dataclasses
import json
from pathlib import Path
from typing import Any

from .inspecting.class_check import check_classes
from .inspecting.encode_facts import encode_facts
from .inspecting.engine_table import show_engine
from .inspecting.network_facts import network_facts, show_network, show_settings
from .inspecting.parts import inspect_parts
from ..catalog.model_folders import find_manifest
from ..config import DecodeConfig
from ..errors import ModelError
from ..families.contract import decode_config
from ..families.sam import SAM
from ..families.table import FAMILIES, find_family, named_family
from ..families.tensor_shapes import why_no_map
from ..infer import open_backend
from ..infer.plan_file import PLAN_SUFFIXES, PlanFile

EXAMPLE = 'isaac-seg inspect tiny-unet'


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the verb."""
    parser.add_argument('model', help='name of a model, a manifest, an ONNX file or an engine')
    parser.add_argument('--json', action='store_true', help='print JSON')


def run(arguments: argparse.Namespace) -> int:
    """Print what is known of the model."""
    manifest = find_manifest(arguments.model)
    if manifest.parts or manifest.family == SAM.name:
        return inspect_parts(manifest, as_json=arguments.json)
    path = manifest.model_file()
    known = PlanFile(path).facts() if path.suffix in PLAN_SUFFIXES else {}
    if known:
        return _show_engine(path, known, arguments.json)
    # A plan from elsewhere is asked itself, which needs its library and a GPU.
    backend = 'auto' if path.suffix in PLAN_SUFFIXES else 'onnxruntime'
    with open_backend(path, backend=backend) as network:
        facts: dict[str, Any] = {
            'name': manifest.name,
            'license': manifest.license or 'not said',
            **network_facts(path, network),
            'labels': list(manifest.labels),
        }
        try:
            family = find_family(manifest, network.inputs, network.outputs)
            facts['family'] = family.name
            facts |= encode_facts(manifest, family, network.inputs[0])
            decode = decode_config(manifest, family)
            facts['decode'] = dataclasses.asdict(decode)
            if isinstance(decode, DecodeConfig):
                check_classes(network.outputs, decode)
        except ModelError as error:
            # What fits no family still has tensors to show.
            nameless = 'family' not in facts and named_family(manifest) is None
            facts['problem'] = (
                why_no_map(network.inputs, network.outputs) if nameless else str(error)
            )
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


def _show(facts: dict[str, Any]) -> None:
    print(f'{facts["name"]}: {facts["file"]} ({facts["bytes"] / 1e6:.2f} MB)')
    print(f'licence   {facts["license"]}')
    print(f'backend   {facts["backend"]}')
    print(f'family    {facts.get("family", "none that is known")}')
    show_network(facts)
    if 'problem' in facts:
        print(f'problem   {facts["problem"]}')
    if 'family' not in facts:
        _show_families()
    if facts['labels']:
        print(f'classes   {len(facts["labels"])}: {", ".join(facts["labels"])}')
    show_settings(facts)


def _show_families() -> None:
    """Print what each family expects."""
    for name, family in FAMILIES.items():
        print(f'expected  {name}: {family.expects}')
