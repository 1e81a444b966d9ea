"""Write the manifest of an exported network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..catalog.data_folders import model_folders
from ..catalog.label_sets import find_label_set


def manifest_text(name: str, parts: Mapping[str, tuple[str, str]], said: Mapping[str, Any]) -> str:
    """Return a manifest of files, given as name and SHA-256, and of what is said beside."""
    import yaml

    content: dict[str, Any] = {'name': name, 'family': said['family']}
    content.update(
        {key: said[key] for key in ('description', 'license', 'source') if said.get(key)}
    )
    if '' in parts:
        content['file'], content['sha256'] = parts['']
    else:
        content['files'] = {
            part: {'file': file, 'sha256': digest} for part, (file, digest) in parts.items()
        }
    for key in ('input', 'output'):
        if said.get(key):
            content[key] = said[key]
    if said.get('precision', 'fp32') != 'fp32':
        content['infer'] = {'precision': said['precision']}
    labels = said.get('labels') or []
    if labels:
        content['labels'] = known_labels(labels) or list(labels)
    text: str = yaml.safe_dump(
        content, sort_keys=False, default_flow_style=None, width=95, allow_unicode=True
    )
    return f'# Written by isaac-seg export.\n{text}'


def known_labels(labels: Sequence[str]) -> str:
    """Return the name of the set that has these labels, '' where none has."""
    folders = model_folders()
    wanted = [label.casefold() for label in labels]
    names = {path.stem for folder in folders for path in (folder / 'labels').glob('*.yaml')}
    for name in sorted(names):
        if [label.casefold() for label in find_label_set(name, folders).labels] == wanted:
            return name
    return ''
