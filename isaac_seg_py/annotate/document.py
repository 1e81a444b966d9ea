"""What is marked: pictures, classes and objects, in COCO's form."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
import os
from pathlib import Path
from typing import Any, Final

from .annotation_file import AnnotationFile
from .marks import Mark
from ..errors import ConfigError
from ..geometry import Size

# Classes are read into label images of 8 bits, with the background and what is ignored.
_MOST_CLASSES: Final = 254
_LONGEST: Final = 100


class Document:
    """Pictures, classes and objects, and the file that they are written to."""

    def __init__(self, path: Path, labels: Iterable[str], *, as_polygons: bool = False) -> None:
        """Read the file where there is one, and add the classes that it lacks."""
        self._file = AnnotationFile(path)
        self.path = self._file.path
        self._as_polygons = as_polygons
        self.categories: dict[int, str] = {}
        self._images: dict[str, dict[str, Any]] = {}
        self.marks: dict[int, Mark] = {}
        # A number is not given twice: what was removed may come back.
        self._last = 0
        found = self._file.read()
        if found is not None:
            self._fill(found)
        for label in labels:
            if label.strip() not in self.categories.values():
                self.add_category(label)
        if not self.categories:
            self.add_category('object')
        # Nothing that a person did would be lost.
        self.unsaved = False

    @property
    def folder(self) -> Path:
        """Return the folder that file names of pictures begin at, as `evaluate` takes it."""
        beside = self.path.parent / 'images'
        return beside if beside.is_dir() else self.path.parent

    @property
    def frames_folder(self) -> Path:
        """Return where pictures go that have no file of their own."""
        return self.path.with_name(f'{self.path.stem}_frames')

    def add_category(self, name: str) -> int:
        """Add a class; return its number."""
        name = _checked_name(name, 'class')
        if name in self.categories.values():
            raise ConfigError(f'class {name!r} is there already')
        if len(self.categories) >= _MOST_CLASSES:
            raise ConfigError(f'{_MOST_CLASSES} classes are there already, which is the most')
        number = max(self.categories, default=0) + 1
        self.categories[number] = name
        self.unsaved = True
        return number

    def image_id(self, file_name: str, size: Size) -> int:
        """Return the number of a picture of (height, width), which is added where it is new."""
        known = self._images.get(file_name)
        if known is None:
            number = max((one['id'] for one in self._images.values()), default=0) + 1
            height, width = size
            known = {'id': number, 'file_name': file_name, 'height': height, 'width': width}
            self._images[file_name] = known
        elif (known['height'], known['width']) != size:
            raise ConfigError(
                f'picture {file_name} is {size[1]}x{size[0]} now, and was {known["width"]}x'
                f'{known["height"]} when it was marked; put the old one back, or choose another '
                '--out'
            )
        return int(known['id'])

    def known_id(self, file_name: str) -> int:
        """Return the number of a picture, 0 where it is not in the file."""
        known = self._images.get(file_name)
        return 0 if known is None else int(known['id'])

    def put(self, mark: Mark) -> Mark:
        """Add an object, under a new number where it has the number 0, or replace it."""
        if mark.category_id not in self.categories:
            raise ConfigError(f'there is no class {mark.category_id}; choose one of the list')
        number = mark.id or max(self._last, *self.marks, 0) + 1
        self._last = max(self._last, number)
        name = _checked_name(mark.name or f'{self.categories[mark.category_id]} {number}', 'name')
        self.marks[number] = replace(mark, id=number, name=name)
        self.unsaved = True
        return self.marks[number]

    def track(self, number: int) -> list[Mark]:
        """Return an object in all pictures that it was followed through."""
        return [one for one in self.marks.values() if number and one.track == number]

    def remove(self, number: int) -> Mark:
        """Take an object out."""
        self.unsaved = True
        return self.marks.pop(number)

    def save(self) -> None:
        """Write the file; a reader sees the old one or the new one, never half of one."""
        used = {mark.image_id for mark in self.marks.values()}
        content = {
            'images': [one for one in self._images.values() if one['id'] in used],
            'categories': [{'id': i, 'name': name} for i, name in self.categories.items()],
            'annotations': [
                mark.to_coco(as_polygons=self._as_polygons) for mark in self.marks.values()
            ],
        }
        self._file.write(content)
        self.unsaved = False

    def _fill(self, content: Any) -> None:
        """Take what is in the file."""
        try:
            self.categories = {int(one['id']): str(one['name']) for one in content['categories']}
            self._images = {str(one['file_name']): one for one in content['images']}
            sizes = {one['id']: (one['height'], one['width']) for one in content['images']}
            self.marks = {
                int(entry['id']): Mark.from_coco(entry, sizes[entry['image_id']])
                for entry in content['annotations']
            }
            # A track has the number of the object that it began with, which may be gone.
            self._last = max((one.track for one in self.marks.values()), default=0)
            repeated = len(self.marks) < len(content['annotations'])
            if repeated or len(self.categories) < len(content['categories']):
                raise ValueError('a number is given twice')
            if len(self._images) < len(sizes) or len(sizes) < len(content['images']):
                raise ValueError('a picture is there twice')
            if any(type(one) is not int for one in (*sizes, *self.marks, *self.categories)):
                raise ValueError('a number is no whole number')
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise ConfigError(
                f'{str(self.path)!r} is damaged: {type(error).__name__}: {error}. Mend it, or '
                'choose another file with --out'
            ) from error
        stray = {one.category_id for one in self.marks.values()} - set(self.categories)
        if stray:
            raise ConfigError(f'{str(self.path)!r} has objects of class {min(stray)}, not listed')


def _checked_name(name: str, what: str) -> str:
    name = name.strip()
    if not name or len(name) > _LONGEST or not name.isprintable():
        raise ConfigError(f'a {what} of 1 to {_LONGEST} letters is expected')
    return name


def relative_name(file: Path, folder: Path) -> str:
    """Return how a picture is called in the file."""
    # A link keeps its own name, wherever the folders lie.
    return Path(os.path.relpath(file.parent.resolve() / file.name, folder)).as_posix()


def counts_by_image(marks: Mapping[int, Mark]) -> dict[int, int]:
    """Return how many objects each picture has, by its number in the file."""
    found: dict[int, int] = {}
    for mark in marks.values():
        found[mark.image_id] = found.get(mark.image_id, 0) + 1
    return found
