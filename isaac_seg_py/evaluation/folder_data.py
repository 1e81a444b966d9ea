"""Folders of pictures and of labels with the same names."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from .label_files import read_labels
from .samples import DataSet, Sample
from ..errors import ConfigError, ImageError
from ..picture_files import IMAGE_SUFFIXES, read_image

# Names that other data sets give the two folders and the list of classes.
_IMAGES: Final = ('images', 'image', 'imgs', 'JPEGImages')
_LABELS: Final = ('labels', 'label', 'masks', 'annotations', 'SegmentationClass')
_CLASSES: Final = ('classes.txt', 'labels.txt')


class FolderData(DataSet):
    """Reads `images/NAME.*` with `labels/NAME.png`, the class of each pixel."""

    def __init__(self, folder: Path) -> None:
        """Find the pairs; raise ConfigError where there are none."""
        images, labels = _folder(folder, _IMAGES), _folder(folder, _LABELS)
        if images is None or labels is None:
            raise ConfigError(
                f'{str(folder)!r} has no folders images/ and labels/, and no instances.json; '
                'these are looked for'
            )
        truths = {path.stem: path for path in sorted(labels.glob('*.png'))}
        pictures = [p for p in sorted(images.iterdir()) if p.suffix.lower() in IMAGE_SUFFIXES]
        self._pairs = [(path, truths[path.stem]) for path in pictures if path.stem in truths]
        if not self._pairs:
            raise ConfigError(
                f'no picture in {str(images)!r} has labels of its name: {len(pictures)} pictures '
                f'and {len(truths)} .png files in {str(labels)!r} were found'
            )
        files = [folder / name for name in _CLASSES if (folder / name).is_file()]
        super().__init__(_names(files[0]) if files else ())
        self._without = [str(path.name) for path in pictures if path.stem not in truths]

    def __len__(self) -> int:
        """Return the number of pairs."""
        return len(self._pairs)

    def __iter__(self) -> Iterator[Sample]:
        """Read the pairs, and name the pictures that have none."""
        self.faults = [f'{name} has no labels' for name in self._without]
        for number, (path, truth) in enumerate(self._pairs, 1):
            try:
                image, labels = read_image(path), read_labels(truth)
            except ImageError as error:
                self.faults.append(str(error))
                continue
            if image.shape[:2] != labels.shape:
                self.faults.append(
                    f'{path.name} is {image.shape[:2]} and its labels are {labels.shape}'
                )
                continue
            yield Sample(path.name, number, image, labels)


def _folder(folder: Path, names: tuple[str, ...]) -> Path | None:
    return next((folder / name for name in names if (folder / name).is_dir()), None)


def _names(path: Path) -> tuple[str, ...]:
    lines = path.read_text(encoding='utf-8').splitlines()
    return tuple(line.strip() for line in lines if line.strip())
