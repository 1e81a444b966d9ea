"""`isaac-seg inspect` of models of several networks, or of one that takes prompts."""

from __future__ import annotations

from contextlib import ExitStack
import dataclasses
import json
from typing import Any

from .encode_facts import encode_facts
from .network_facts import network_facts, show_network, show_settings
from ...catalog.manifest import Manifest
from ...families.sam import image_spec, SAM
from ...families.sam_contract import DecoderContract
from ...infer import open_backend
from ...prompt_config import PromptConfig


def inspect_parts(manifest: Manifest, *, as_json: bool) -> int:
    """Print what is known of each network, and of the settings around them."""
    with ExitStack() as stack:
        networks = {
            name: stack.enter_context(
                open_backend(manifest.model_file(name), backend='onnxruntime')
            )
            for name in manifest.all_parts
        }
        facts: dict[str, Any] = {
            'name': manifest.name,
            'license': manifest.license or 'not said',
            'family': manifest.family,
            'parts': {
                name: network_facts(manifest.part(name).file, network)
                for name, network in networks.items()
            },
            'labels': list(manifest.labels),
        }
        if manifest.family == SAM.name:
            config = PromptConfig(**manifest.decode)
            # Says what is missing, where the decoder is of another kind.
            parts = ('encoder', 'decoder') if manifest.parts else ('', '')
            encoder, decoder = (networks[part] for part in parts)
            contract = DecoderContract.of(manifest.name, decoder, config.max_prompts)
            image = image_spec(manifest, encoder)
            facts |= encode_facts(manifest, SAM, image)
            facts['decode'] = dataclasses.asdict(config)
            facts['prompts'] = {
                'takes_masks': contract.takes_masks,
                'at_once': contract.most,
                'mask_size': list(contract.mask_size),
            }
    if as_json:
        print(json.dumps(facts, indent=2))
    else:
        _show(facts)
    return 0


def _show(facts: dict[str, Any]) -> None:
    size = sum(part['bytes'] for part in facts['parts'].values())
    count = len(facts['parts'])
    networks = f'{count} networks' if count > 1 else '1 network'
    print(f'{facts["name"]}: {networks} ({size / 1e6:.2f} MB)')
    print(f'licence   {facts["license"]}')
    print(f'family    {facts["family"]}')
    for name, part in facts['parts'].items():
        print(f'\n{name or "network"}: {part["file"]} ({part["bytes"] / 1e6:.2f} MB)')
        print(f'backend   {part["backend"]}')
        show_network(part)
    print()
    if facts['labels']:
        print(f'classes   {len(facts["labels"])}: {", ".join(facts["labels"])}')
    show_settings(facts)
    if 'prompts' in facts:
        said = facts['prompts']
        height, width = said['mask_size']
        print(
            f'prompts   points, boxes{" and masks" if said["takes_masks"] else ""}; '
            f'{said["at_once"]} at once; coarse masks of {width}x{height}'
        )
