"""Which class of a network is which class of the data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from ..errors import ConfigError

_ALL: Final = 1 << 16


def match_labels(model: Sequence[str], data: Sequence[str]) -> npt.NDArray[np.int64]:
    """
    Return, for each label of a network, that of the data, 65535 where it has none.

    They are matched by name where both have names, by number where one of them has none.
    """
    table = np.arange(_ALL)
    if model and data:
        places = {_plain(name): place for place, name in reversed(list(enumerate(data)))}
        matched = [places.get(_plain(name), _ALL - 1) for name in model]
        if min(matched) == _ALL - 1:
            if len(model) != len(data):
                raise ConfigError(
                    f'the network has {_listed(model)} and the data {_listed(data)}: no name '
                    'fits; correct labels in the manifest, or classes.txt'
                )
        else:
            table[:] = _ALL - 1
            table[: len(model)] = matched
    return table


def match_categories(model: Sequence[str], data: Mapping[int, str]) -> dict[int, int]:
    """Return, for each class of a network, COCO's number in the data, where there is one."""
    numbers = sorted(data)
    places = {_plain(data[number]): number for number in reversed(numbers)}
    found = {
        place: places[_plain(name)] for place, name in enumerate(model) if _plain(name) in places
    }
    if found:
        return found
    if model and len(model) != len(numbers):
        raise ConfigError(
            f'the network has {_listed(model)} and the data {_listed(list(data.values()))}: no '
            'name fits; correct labels in the manifest'
        )
    return dict(enumerate(numbers))


def _plain(name: str) -> str:
    return name.strip().lower().replace('_', ' ').replace('-', ' ')


def _listed(names: Sequence[str]) -> str:
    shown = ', '.join(names[:5])
    return f'{shown} and {len(names) - 5} more' if len(names) > 5 else shown
