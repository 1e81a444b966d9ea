"""All that is known of one model."""

from __future__ import annotations

import textwrap
from typing import Any

from .model_list import group_of
from ...catalog.manifest import Manifest

_MEANING = {
    'shipped': 'comes with this package',
    'on disk': 'is on disk',
    'fetch': 'isaac-seg models fetch {name}{terms}',
    'export': 'isaac-seg export {name} (from {export}; needs torch and transformers)',
    'by hand': '{how}',
    'missing': 'the file is missing, and the manifest does not say where it is',
}


def model_facts(manifest: Manifest) -> dict[str, Any]:
    """Return what a manifest says, in an order to be read."""
    group = group_of(manifest)
    terms = ' --accept-terms' if manifest.terms else ''
    return {
        'name': manifest.name,
        'also': list(manifest.aliases),
        'what': manifest.description,
        'family': manifest.family,
        'get': _MEANING[group].format(
            name=manifest.name,
            terms=terms,
            export=manifest.export,
            how=manifest.how,
        ),
        'licence': manifest.license or 'not said',
        'terms': manifest.terms,
        'source': manifest.source,
        'files': {
            name or 'model': {
                'file': str(part.file),
                'on_disk': part.file.is_file(),
                'url': part.url,
                'member': part.member,
                'sha256': part.sha256,
            }
            for name, part in manifest.all_parts.items()
        },
        'input': dict(manifest.encode),
        'output': {**({'name': manifest.output_name} if manifest.output_name else {}),
                   **manifest.decode},
        'labels': list(manifest.labels),
        'palette': [f'#{color:06x}' for color in manifest.palette],
        'manifest': str(manifest.path or ''),
    }  # fmt: skip


def show_facts(facts: dict[str, Any]) -> None:
    """Print the facts, one to a line."""
    for key, value in facts.items():
        if key == 'files':
            for name, part in value.items():
                _print(name, f'{part["file"]}{"" if part["on_disk"] else " (not there)"}')
                for detail in ('url', 'member', 'sha256'):
                    _print(f'  {detail}', part[detail])
        elif key in ('input', 'output'):
            _print(key, ', '.join(f'{name}={_plain(item)}' for name, item in value.items()))
        elif key == 'labels':
            _print(f'{len(value)} labels' if value else '', ', '.join(value))
        elif key != 'palette':
            _print(key, ', '.join(value) if isinstance(value, list) else str(value))


def _print(name: str, value: str) -> None:
    if value:
        # Addresses and paths are left in one piece, to be copied.
        lines = textwrap.wrap(value, 86, break_long_words=False, break_on_hyphens=False)
        print(f'{name:<12}  ' + ('\n' + ' ' * 14).join(lines))


def _plain(value: Any) -> str:
    return str(list(value)) if isinstance(value, (tuple, list)) else str(value)
