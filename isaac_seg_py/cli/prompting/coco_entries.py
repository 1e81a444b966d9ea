"""What another program found in pictures, in COCO's files: the entries of each picture."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
import json
from pathlib import Path, PurePath
import re
from typing import Any, cast

from ...errors import ConfigError
from ...frames import Frame
from ...prompts import MOST_CLASS

Entry = Mapping[str, Any]


class CocoEntries:
    """
    The entries of an annotation file, or of a list of results, by picture.

    Annotations name their pictures, in any folder. A list of results has numbers alone: those of
    another annotation file, or else the picture's name, or the number at the end of it.
    """

    def __init__(self, path: Path, about: Path | None = None) -> None:
        """Read a file; `about` has the images and categories that a list of results means."""
        self.path = path
        content = _read(path)
        self.is_truth = isinstance(content, dict)
        if self.is_truth and about is not None:
            raise ConfigError(
                f'{str(path)!r} has images of its own; --annotations is for a list of results'
            )
        facts = _read(about) if about else content if self.is_truth else {}
        listed = content.get('annotations') if self.is_truth else content
        self._entries: dict[Hashable, list[Entry]] = defaultdict(list)
        for entry in _entries(listed, path, 'annotations', ('image_id', 'category_id')):
            self._entries[_image_number(entry['image_id'], path)].append(entry)
        self.categories = _categories(facts, about or path)
        self._names: dict[str, list[tuple[PurePath, Hashable]]] = defaultdict(list)
        self._has_names = bool(facts)
        if self._has_names:
            for one in _entries(facts.get('images'), about or path, 'images', ('id', 'file_name')):
                name = PurePath(str(one['file_name']))
                number = _image_number(one['id'], about or path)
                self._names[name.stem].append((name, number))

    def of(self, frame: Frame) -> Sequence[Entry]:
        """Return the entries of a picture, none where the file has none."""
        return self._entries.get(self._image_id(frame), ())

    def _image_id(self, frame: Frame) -> Hashable:
        if self._has_names:
            return self._named(frame)
        number = re.search(r'[0-9]{1,18}$', frame.name)
        keys: list[Hashable] = [frame.name, int(number[0]) if number else None]
        if frame.source.stem == frame.name:
            keys.insert(0, frame.source.name)
        return next((key for key in keys if key in self._entries), None)

    def _named(self, frame: Frame) -> Hashable:
        """Return the number of the picture: of several with its name, that of the same folder."""
        known = self._names.get(frame.name, [])
        known = [one for one in known if one[0].name == frame.source.name] or known
        if len(known) > 1:
            parts = frame.source.absolute().parts
            known = [one for one in known if parts[-len(one[0].parts) :] == one[0].parts]
            if len(known) != 1:
                raise ConfigError(
                    f'{str(self.path)!r} has several pictures {frame.source.name!r}, and their '
                    f'folders do not tell which is {str(frame.source)!r}; segment them one by one'
                )
        return known[0][1] if known else None


def _categories(facts: Mapping[str, Any], path: Path) -> dict[int, Entry]:
    found: dict[int, Entry] = {}
    for one in _entries(facts.get('categories', []), path, 'categories', ('id', 'name')):
        found[category_number(one['id'], path)] = one
    return found


def category_number(given: Any, path: Path) -> int:
    """Return the number of a category, which is that of a class here."""
    if type(given) is not int or not 0 <= given <= MOST_CLASS:
        raise ConfigError(
            f'{str(path)!r} has category {repr(given)[:60]}; 0 to {MOST_CLASS} is expected'
        )
    return given


def _image_number(given: Any, path: Path) -> Hashable:
    if type(given) not in (int, str):
        raise ConfigError(
            f'{str(path)!r} has an image of number {repr(given)[:60]}; a number is expected'
        )
    return cast('Hashable', given)


def _read(path: Path) -> Any:
    try:
        content = json.loads(path.read_text(encoding='utf-8'))
    except (OSError, ValueError, RecursionError) as error:
        raise ConfigError(f'{str(path)!r} cannot be read: {error}') from error
    if isinstance(content, list) or (isinstance(content, dict) and 'images' in content):
        return content
    raise ConfigError(
        f'{str(path)!r} is neither a list of results nor a file of annotations with images; one '
        "of COCO's two forms is expected"
    )


def _entries(given: Any, path: Path, what: str, keys: Sequence[str]) -> list[Entry]:
    """Return a list of mappings that have these keys."""
    if not isinstance(given, list):
        raise ConfigError(f'{str(path)!r} has no list of {what}; a COCO file is expected')
    for entry in given:
        missing = [key for key in keys if not isinstance(entry, dict) or key not in entry]
        if missing:
            raise ConfigError(f'one of the {what} in {str(path)!r} has no {missing[0]}')
    return given
