"""`isaac-seg export NAME --single-graph`: the two networks of Segment Anything in one file."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
import os
from pathlib import Path
from typing import Any, Final

from ...catalog.checksums import sha256_of
from ...catalog.manifest import Manifest
from ...catalog.manifest_variants import read_variants
from ...catalog.model_folders import find_manifest, plain_name
from ...errors import ConfigError, ModelError
from ...families.sam_join import IMAGE
from ...families.sam_single import has_two_parts, single_network
from ...user_files import check_new_file, user_path

# The same operators in another order of memory: more would be a mistake.
_LIMIT: Final = 1e-3
# What a manifest says of the parts alone.
_OF_PARTS: Final = ('name', 'files', 'aliases', 'url', 'export', 'how', 'member')
_SIZE: Final = (360, 640)
_BOX: Final = (100.0, 60.0, 300.0, 200.0)
_POINTS: Final = ((200.0, 130.0), (420.0, 180.0))


def make_single(arguments: argparse.Namespace) -> int:
    """Write the network and its manifest; say how far its masks are from those of the parts."""
    if arguments.precision != 'fp32':
        raise ConfigError(
            f'--precision is {arguments.precision}, and --single-graph joins networks as they '
            'are; export their parts in that precision first'
        )
    output = arguments.output
    manifest = find_manifest(arguments.source)
    if not has_two_parts(manifest):
        raise ConfigError(
            f'model {manifest.name} has no encoder and decoder of Segment Anything to join; '
            'leave --single-graph out'
        )
    target = user_path(output or f'{manifest.name.replace("-", "_")}_single.onnx')
    described = target.with_suffix('.yaml')
    if target.suffix != '.onnx':
        raise ConfigError(f'--output {output!r}: a name that ends in .onnx is expected')
    for file in (target, described):
        check_new_file(file, overwrite=arguments.overwrite)
    beside = target.with_name(f'.{target.stem}.single.onnx')
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        beside.write_bytes(single_network(manifest, sizes=True))
        for difference in _differences(manifest, beside):
            print(difference)
        os.replace(beside, target)
    finally:
        beside.unlink(missing_ok=True)
    described.write_text(_manifest_text(manifest, target), encoding='utf-8')
    for file in (target, described):
        print(f'{file}: {file.stat().st_size / 1e6:.2f} MB')
    return 0


def _differences(manifest: Manifest, file: Path) -> list[Any]:
    """Run both on the same noise and prompts."""
    from ...export.comparison import compared

    whole = Manifest(manifest.name, manifest.family, file, encode=manifest.encode)
    expected, found = _answers(manifest), _answers(whole)
    differences = [compared(name, expected[name], found[name]) for name in expected]
    for difference in differences:
        if not difference.relative <= _LIMIT:
            raise ModelError(
                f'the joined network of {manifest.name} is not its parts: {difference}'
            )
    return differences


def _answers(manifest: Manifest) -> dict[str, Any]:
    """Return what a model finds for a box, and for one and two points."""
    import numpy as np

    from ...families.sam import open_sam
    from ...images import RawImage
    from ...prompts import make_prompts

    noise = np.random.default_rng(0).integers(0, 256, (*_SIZE, 3), np.uint8)
    asked: dict[str, dict[str, Any]] = {
        'a box': {'boxes': [_BOX]},
        'a point': {'points': _POINTS[:1]},
        'two points': {'points': [_POINTS]},
    }
    found = {}
    with open_sam(manifest, backend='onnxruntime', threads=1) as network:
        seen = network.encode(RawImage.from_array(noise, 'rgb8'))
        for name, given in asked.items():
            answer = network.predict(seen, make_prompts(_SIZE, **given))
            found[f'mask of {name}'] = answer.coarse
            found[f'rating of {name}'] = answer.objects.scores
    return found


def _manifest_text(manifest: Manifest, file: Path) -> str:
    """Return the manifest of the parts, for the one file."""
    import yaml

    variants: Mapping[str, Any] = read_variants(manifest.path) if manifest.path else {}
    own: Mapping[str, Any] = variants.get('') or variants.get(manifest.name) or {}
    content = {
        'name': plain_name(file.stem),
        **{key: value for key, value in own.items() if key not in _OF_PARTS},
        'description': f'{manifest.name} as one network, with the inputs that Isaac ROS has',
        'file': file.name,
        'sha256': sha256_of(file),
        'input': {**own.get('input', {}), 'name': IMAGE},
    }
    text: str = yaml.safe_dump(content, sort_keys=False, default_flow_style=None, width=95)
    return f'# Written by isaac-seg export.\n{text}'
