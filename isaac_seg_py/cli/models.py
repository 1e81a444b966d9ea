"""`isaac-seg models`: what models there are, what is known of one, and how to get it."""

from __future__ import annotations

import argparse
import json
from typing import Any

from .inspecting.model_facts import model_facts, show_facts
from .inspecting.model_list import model_rows, show_models
from ..catalog.fetching import fetch_model
from ..catalog.manifest import Manifest
from ..catalog.model_folders import find_manifest
from ..errors import SegmentationError

EXAMPLE = 'isaac-seg models fetch segformer-b0-finetuned-ade-512-512'


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the verb."""
    parser.add_argument('--json', action='store_true', help='print JSON')
    parser.add_argument('--all', action='store_true', help='list those too that have to be made')
    parser.set_defaults(act=_list)
    acts = parser.add_subparsers(metavar='[show|fetch|check NAME]', title='with one model')
    show = acts.add_parser('show', help='show all that is known of a model')
    show.add_argument('name', help='name of a model, or a manifest')
    show.add_argument('--json', action='store_true', help='print JSON')
    show.set_defaults(act=_show)
    fetch = acts.add_parser('fetch', help='download models')
    fetch.add_argument('names', nargs='+', metavar='NAME', help='name of a model, or a manifest')
    fetch.add_argument(
        '--accept-terms', action='store_true', help='agree to the terms that a model is under'
    )
    fetch.add_argument(
        '--beside',
        action='store_true',
        help="put the files beside the manifest, not in the user's own folder",
    )
    fetch.set_defaults(act=_fetch)
    check = acts.add_parser('check', help='compare what a manifest says with the file')
    check.add_argument('names', nargs='+', metavar='NAME', help='name of a model, or a manifest')
    check.set_defaults(act=_check)


def run(arguments: argparse.Namespace) -> int:
    """Do what is asked for; without a word, list the models."""
    code: int = arguments.act(arguments)
    return code


def _list(arguments: argparse.Namespace) -> int:
    rows = model_rows()
    if arguments.json:
        print(json.dumps(rows, indent=2))
    else:
        show_models(rows, everything=arguments.all)
    return 0


def _show(arguments: argparse.Namespace) -> int:
    facts = model_facts(find_manifest(arguments.name))
    if arguments.json:
        print(json.dumps(facts, indent=2))
    else:
        show_facts(facts)
    return 0


def _fetch(arguments: argparse.Namespace) -> int:
    for name in arguments.names:
        fetch_model(
            find_manifest(name), beside=arguments.beside, accept_terms=arguments.accept_terms
        )
    return 0


def _opened(manifest: Manifest) -> list[str]:
    """Open a model as it will be opened, and return what is wrong with it."""
    from ..families import open_pipeline
    from ..families.sam import open_sam, SAM
    from ..families.sam2 import SAM2
    from ..families.sam2_opening import open_sam2

    openers: dict[str, Any] = {SAM.name: open_sam, SAM2.name: open_sam2}
    opener = openers.get(manifest.family, open_pipeline)
    try:
        opener(manifest, backend='onnxruntime', threads=1).close()
    except SegmentationError as error:
        return [str(error)]
    return []


def _check(arguments: argparse.Namespace) -> int:
    from ..infer.manifest_check import verify_manifest

    code = 0
    for name in arguments.names:
        manifest = find_manifest(name)
        wrong = verify_manifest(manifest) or _opened(manifest)
        for line in wrong:
            print(f'{manifest.name}: {line}')
        if wrong:
            code = 1
        else:
            print(f'{manifest.name}: the network is as the manifest says')
    return code
