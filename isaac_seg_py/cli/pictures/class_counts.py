"""What `isaac-seg segment` found in all pictures together: statistics and a legend."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ...blend import class_name, legend
from ...class_statistics import class_statistics
from ...media import write_image
from ...palette import DEFAULT, Palette
from ...panoptic import Found

_ROWS: Final = 24
_ROW: Final = 28
_LARGEST: Final = 5


@dataclass
class _Count:
    """What was found of one class."""

    pixels: int = 0
    images: int = 0
    objects: int = 0


class ClassCounts:
    """Counts classes over pictures, which come one after the other."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._counts: dict[int, _Count] = {}
        self._pixels = 0
        self._names: tuple[str, ...] = ()
        self._palette: Palette = DEFAULT

    def add(self, found: Found) -> None:
        """Count what was found in a picture."""
        self._names, self._palette = found.class_names, found.palette
        self._pixels += found.size[0] * found.size[1]
        for one in class_statistics(found):
            count = self._counts.setdefault(one.class_id, _Count())
            count.pixels += one.pixels
            count.images += 1
            count.objects += one.objects

    def rows(self) -> list[list[str]]:
        """Return a table of the classes found, the head first."""
        told = self.to_json()
        columns = ['id', 'pixels', 'share', 'images']
        if any(one['objects'] for one in told):
            columns.append('objects')
        shown = ({**one, 'share': f'{one["share"]:.2%}'} for one in told)
        return [
            ['class', *columns],
            *([one['name'], *(str(one[column]) for column in columns)] for one in shown),
        ]

    def in_a_line(self) -> str:
        """Return the largest classes and their shares, '' where nothing was found."""
        seen = (one for one in self.to_json() if one['pixels'])
        told = sorted(seen, key=lambda one: -one['share'])
        largest = ', '.join(f'{one["name"]} {one["share"]:.1%}' for one in told[:_LARGEST])
        more = len(told) - _LARGEST
        return f'{largest}; {more} more (--stats lists all)' if more > 0 else largest

    def to_json(self) -> list[dict[str, Any]]:
        """Return the classes found as plain types; `share` is that of all pixels."""
        return [
            {
                'id': class_id,
                'name': class_name(self._names, class_id),
                'pixels': count.pixels,
                'share': count.pixels / self._pixels,
                'images': count.images,
                'objects': count.objects,
            }
            for class_id, count in sorted(self._counts.items())
        ]

    def write_legend(self, path: Path) -> None:
        """Write a picture of the colours and names: of all classes that the network names."""
        shown = {*range(len(self._names)), *self._counts}
        height = _ROW * max(min(len(shown), _ROWS), 1)
        write_image(path, legend(self._names, self._palette, shown, height))
