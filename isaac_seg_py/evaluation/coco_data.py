"""COCO's annotation files as data sets."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
import json
from pathlib import Path
from typing import Any, Final

import numpy as np

from .coco_masks import coco_mask
from .coco_numbers import box_corners, is_number
from .samples import DataSet, Labels, Sample
from ..errors import ConfigError, ImageError
from ..geometry import Size
from ..picture_files import read_image

BACKGROUND: Final = 'background'
_IGNORE: Final = 255

_Form = tuple[Callable[[Any], bool], str]
_NUMBER: Final[_Form] = is_number, 'a number'
_NAME: Final[_Form] = lambda given: isinstance(given, str), 'a text'
_KEY: Final[_Form] = lambda given: is_number(given) or isinstance(given, str), 'a number'
_BOX: Final[_Form] = lambda given: box_corners(given) is not None, '[x, y, width, height]'
_ANY: Final[_Form] = lambda given: True, ''
_WANTED: Final[Mapping[str, Mapping[str, _Form]]] = {
    'images': {'id': _KEY, 'file_name': _NAME, 'height': _NUMBER, 'width': _NUMBER},
    'annotations': {
        'image_id': _KEY,
        'category_id': _NUMBER,
        'segmentation': _ANY,
        'area': _NUMBER,
        'bbox': _BOX,
        'id': _KEY,
    },
    'categories': {'id': _NUMBER, 'name': _ANY},
}


class CocoData(DataSet):
    """
    Reads the pictures of an `instances.json` with their objects.

    The class of each pixel is made of the objects, small ones over large ones: 0 is background,
    and the categories follow in the order of their numbers. Crowds are ignored in it.
    """

    def __init__(self, file: Path, folder: Path | None = None) -> None:
        """Read the file; `folder` has the pictures, without it `images/` beside the file."""
        content = _read(file)
        categories = {int(one['id']): str(one['name']) for one in content['categories']}
        if len(categories) >= _IGNORE:
            raise ConfigError(f'{str(file)!r} has {len(categories)} classes; 254 are the most')
        order = sorted(categories)
        super().__init__((BACKGROUND, *(categories[one] for one in order)), categories)
        self._labels = {one: place for place, one in enumerate(order, 1)}
        self._images = content['images']
        beside = file.parent / 'images'
        self._folder = folder or (beside if beside.is_dir() else file.parent)
        self._objects: dict[int, list[dict[str, Any]]] = defaultdict(list)
        for one in content['annotations']:
            if one['category_id'] not in categories:
                raise ConfigError(
                    f'{str(file)!r} has an object of category {one["category_id"]}, which is none '
                    'of its categories'
                )
            self._objects[one['image_id']].append(one)

    def __len__(self) -> int:
        """Return the number of pictures."""
        return len(self._images)

    def __iter__(self) -> Iterator[Sample]:
        """Read the pictures and make their labels."""
        self.faults = []
        for entry in self._images:
            objects = self._objects[entry['id']]
            try:
                image = read_image(self._folder / entry['file_name'])
                size = image.shape[0], image.shape[1]
                if size != (entry['height'], entry['width']):
                    raise ImageError(
                        f'picture {entry["file_name"]} is {size}; the annotations say '
                        f'{(entry["height"], entry["width"])}'
                    )
                labels = self._label(objects, size)
            except ImageError as error:
                self.faults.append(str(error))
                continue
            yield Sample(entry['file_name'], entry['id'], image, labels, objects)

    def _label(self, objects: list[dict[str, Any]], size: Size) -> Labels:
        labels = np.zeros(size, np.uint8)
        for one in sorted(objects, key=lambda one: -float(one['area'])):
            value = _IGNORE if one.get('iscrowd') else self._labels[one['category_id']]
            labels[coco_mask(one['segmentation'], size)] = value
        return labels


def _read(file: Path) -> Any:
    """Return the file's content after looking whether all is there that is used."""
    try:
        content = json.loads(file.read_text(encoding='utf-8'))
    except (OSError, ValueError, RecursionError) as error:
        raise ConfigError(f'annotations {str(file)!r} cannot be read: {error}') from error
    for name, forms in _WANTED.items():
        entries = content.get(name) if isinstance(content, dict) else None
        if not isinstance(entries, list) or not entries:
            raise ConfigError(f'{str(file)!r} has no {name}; a file of COCO objects is expected')
        for entry in entries:
            missing = [key for key in forms if not isinstance(entry, dict) or key not in entry]
            if missing:
                raise ConfigError(f'one of the {name} in {str(file)!r} has no {missing[0]}')
            for key, (fits, expected) in forms.items():
                if not fits(entry[key]):
                    raise ConfigError(
                        f'one of the {name} in {str(file)!r} has {key} {repr(entry[key])[:60]}; '
                        f'{expected} is expected'
                    )
    return content
