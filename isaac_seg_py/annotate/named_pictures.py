"""What pictures are called in the file of annotations, and files for those that have none."""

from __future__ import annotations

from collections.abc import Callable

from .document import Document, relative_name
from .marks import Mark
from .pictures import Pictures
from ..errors import ConfigError
from ..picture_files import Picture, write_image


class NamedPictures:
    """Names pictures by their number; for one thread at a time."""

    def __init__(
        self, pictures: Pictures, document: Document, read: Callable[[int], Picture]
    ) -> None:
        """Take the pictures, the document that has their names, and what reads one."""
        self._pictures, self._document, self._read = pictures, document, read
        self._folder = document.folder
        self._frames = relative_name(document.frames_folder, document.folder)
        self._file_names: list[str] = []

    def known_id(self, index: int) -> int:
        """Return the number that the file has for a picture, 0 for none."""
        return self._document.known_id(self.file_name(index))

    def file_name(self, index: int) -> str:
        """Return how the file calls a picture."""
        # Of long videos there are many, and each is asked for often.
        for still in self._pictures.since(len(self._file_names)):
            self._file_names.append(
                relative_name(still.file, self._folder)
                if still.file is not None
                else f'{self._frames}/{still.name}.png'
            )
        return self._file_names[index]

    def image_id(self, index: int, size: tuple[int, ...]) -> int:
        """Return the number of a picture of (height, width), which is added where it is new."""
        height, width = size
        return self._document.image_id(self.file_name(index), (height, width))

    def marks_of(self, index: int) -> list[Mark]:
        """Return the objects of a picture."""
        known = self.known_id(index)
        return [one for one in self._document.marks.values() if known and one.image_id == known]

    def write_frame(self, index: int) -> None:
        """Write a picture that has no file, so that what is said of it can be looked at."""
        still = self._pictures[index]
        path = self._document.frames_folder / f'{still.name}.png'
        if still.file is not None or path.exists():
            return
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_image(path, self._read(index))
        except OSError as error:
            raise ConfigError(
                f'{str(path)!r} cannot be written: {error.strerror or error}. Put that right, '
                'then keep the object again'
            ) from error
