"""The classes of a network: names, colours and background, and whether they fit it."""

from __future__ import annotations

import logging
from typing import Final

from ..config import MaskConfig
from ..errors import ConfigError
from ..palette import DEFAULT, Palette

LOG: Final = logging.getLogger(__name__)


class ClassList:
    """Names and colours, with one warning where they do not fit the network."""

    def __init__(self, config: MaskConfig) -> None:
        """Take what the settings say; without colours, those of Isaac ROS."""
        self.names = config.class_names
        self.palette = Palette(config.color_palette or DEFAULT.colors, config.class_alphas)
        self.background = None if config.background_class < 0 else config.background_class
        self._has_colors = bool(config.color_palette)
        self._warned = False

    def expect(self, count: int, *, at_least: bool = False) -> None:
        """Warn once where names and colours do not fit so many classes, or that many and more."""
        if self._warned:
            return
        named = len(self.names)
        told = []
        if self.names and named < count:
            told.append(f'{named} class names came: from {named} on, a class is called class N')
        elif self.names and named > count and not at_least:
            told.append(f'{named} class names came: those from {count} on are never used')
        if self._has_colors and len(self.palette) < count:
            told.append(f'{len(self.palette)} colours came: they begin again at the first')
        if told:
            self._warned = True
            LOG.warning(
                'the network has %d classes%s, but %s. Correct labels and palette in the '
                'manifest, or class_names and color_palette',
                count,
                ' or more' if at_least else '',
                '; '.join(told),
            )

    def number_of(self, text: str, count: int) -> int:
        """Return the number of a class given by its name, whatever its case, or its number."""
        names = [name.casefold() for name in self.names[:count]]
        if text.casefold() in names:
            return names.index(text.casefold())
        if text.isdecimal() and int(text) < count:
            return int(text)
        known = ', '.join(self.names[:count]) or 'not named'
        raise ConfigError(
            f'class {text!r} is asked for; the {count} classes are {known}. '
            'Give one of the names, or a number from 0'
        )
