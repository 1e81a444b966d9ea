"""The table of models: those that can run, and how to get the others."""

from __future__ import annotations

from itertools import groupby
import textwrap
from typing import Any, Final

from ...catalog.data_folders import model_folders
from ...catalog.manifest import Manifest
from ...catalog.model_folders import catalog, Entry
from ...errors import ManifestError

_WIDTH: Final = 100
_GROUPS: Final = {
    'shipped': 'Shipped',
    'on disk': 'On disk',
    'broken': 'Broken',
    'fetch': 'To fetch with: isaac-seg models fetch NAME',
    'export': 'To make with: isaac-seg export NAME',
    'by hand': 'To get by hand, as isaac-seg models show NAME says',
    'missing': 'Without the file that is missing, and nobody says where it is',
}
_ALWAYS: Final = ('shipped', 'on disk', 'broken', 'missing', 'fetch')


def model_rows() -> list[dict[str, Any]]:
    """Return what is known of each model, and its group; a broken manifest hides no other."""
    return [_row(entry) for entry in catalog().values()]


def group_of(manifest: Manifest) -> str:
    """Return where a model stands: can it run, and if not, what has to be done."""
    has_url = all(part.url for part in manifest.all_parts.values())
    if manifest.on_disk:
        elsewhere = has_url or manifest.export or manifest.how
        return 'on disk' if elsewhere else 'shipped'
    if has_url:
        return 'fetch'
    if manifest.export:
        return 'export'
    return 'by hand' if manifest.how else 'missing'


def show_models(rows: list[dict[str, Any]], *, everything: bool) -> None:
    """Print the models, group by group, no wider than a page."""
    names = max((len(row['name']) for row in rows), default=0)
    for group, title in _GROUPS.items():
        found = [row for row in rows if row['group'] == group]
        if not found:
            continue
        if group not in _ALWAYS and not everything:
            print(f'{title} ({len(found)} models: isaac-seg models --all)\n')
            continue
        print(title)
        for what, alike in groupby(found, _what):
            print(textwrap.fill(what, _WIDTH, initial_indent='  ', subsequent_indent='  '))
            for row in alike:
                print(_line(row, names))
        print()
    print(f'Folders: {", ".join(map(str, model_folders())) or "none"} (and ISAAC_SEG_MODELS)')


def _what(row: dict[str, Any]) -> str:
    """Return what models of one kind have in common."""
    if 'error' in row:
        return str(row['error'])
    return f'{row["description"] or "a network"}; {row["license"] or "licence not said"}'


def _line(row: dict[str, Any], names: int) -> str:
    name = f'    {row["name"].ljust(names)}'
    if 'error' in row:
        return name.rstrip()
    size = 'x'.join(map(str, row['size'])) if row['size'] else 'any size'
    count = len(row['labels'])
    classes = f'{count:>3} classes' if count else ''
    return f'{name}  {row["family"]:<11}  {size:>9}  {classes}'.rstrip()


def _row(entry: Entry) -> dict[str, Any]:
    try:
        manifest = entry.read()
    except ManifestError as error:
        return {
            'name': entry.name, 'group': 'broken', 'manifest': str(entry.path),
            'error': str(error),
        }  # fmt: skip
    sides = [manifest.encode.get(f'network_image_{side}') for side in ('height', 'width')]
    return {
        'name': entry.name,
        'group': group_of(manifest),
        'family': manifest.family,
        'description': manifest.description,
        'size': sides if all(sides) else None,
        'labels': list(manifest.labels),
        'on_disk': manifest.on_disk,
        'license': manifest.license,
        'file': str(manifest.file),
        'manifest': str(entry.path),
        'source': manifest.source,
        'url': manifest.url,
    }
