"""`isaac-seg models`: what models there are."""

from __future__ import annotations

import argparse
import json
from typing import Any

from ..errors import ManifestError
from ..manifest import Manifest
from ..model_folders import manifest_files, model_folders

EXAMPLE = 'isaac-seg models --json'


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the verb."""
    parser.add_argument('--json', action='store_true', help='print JSON')


def run(arguments: argparse.Namespace) -> int:
    """Print the models."""
    rows = [_row(name, path) for name, path in manifest_files().items()]
    if arguments.json:
        print(json.dumps(rows, indent=2))
        return 0
    table = [('NAME', 'FAMILY', 'INPUT', 'CLASSES', 'ON DISK', 'LICENCE', 'WHAT')]
    for row in rows:
        if 'error' in row:
            table.append((row['name'], '', '', '', 'broken', '', row['error']))
            continue
        table.append(
            (
                row['name'],
                row['family'],
                'x'.join(map(str, row['size'])) if row['size'] else '?',
                str(len(row['labels'])),
                'yes' if row['on_disk'] else 'missing',
                row['license'],
                row['description'],
            )
        )
    widths = [max(len(line[column]) for line in table) for column in range(6)]
    for line in table:
        cells = [cell.ljust(width) for cell, width in zip(line, widths, strict=False)]
        print('  '.join([*cells, line[6]]).rstrip())
    print(f'\nFolders: {", ".join(map(str, model_folders())) or "none"} (and ISAAC_SEG_MODELS)')
    return 0


def _row(name: str, path: Any) -> dict[str, Any]:
    try:
        manifest = Manifest.read(path)
    except ManifestError as error:
        return {'name': name, 'manifest': str(path), 'error': str(error)}
    sides = [manifest.encode.get(f'network_image_{side}') for side in ('height', 'width')]
    return {
        'name': manifest.name,
        'family': manifest.family,
        'description': manifest.description,
        'size': sides if all(sides) else None,
        'labels': list(manifest.labels),
        'on_disk': manifest.on_disk,
        'license': manifest.license,
        'file': str(manifest.file),
        'manifest': str(path),
        'source': manifest.source,
        'url': manifest.url,
    }
