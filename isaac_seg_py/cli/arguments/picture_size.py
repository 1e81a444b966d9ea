"""Sizes of pictures on the command line."""

from __future__ import annotations

import re

from ...errors import ConfigError
from ...geometry import Size


def parse_size(text: str) -> Size:
    """Return (height, width) of a text such as 480x640."""
    found = re.fullmatch(r'(\d{1,5})[xX](\d{1,5})', text.strip())
    if found is None:
        raise ConfigError(f'size {text!r} came; HEIGHTxWIDTH is expected, as in 480x640')
    return int(found[1]), int(found[2])
