"""Bodies of requests: strict JSON, and nothing in it that is not asked for."""

from __future__ import annotations

from collections.abc import Mapping
import json
from typing import Any, Final

from .refusal import Refusal

_WORDS: Final = {int: 'a whole number', str: 'a text', dict: 'an object', list: 'a list'}


def read_fields(body: bytes, kinds: Mapping[str, type]) -> dict[str, Any]:
    """Return the fields of a JSON object, which has exactly those of `kinds`."""
    try:
        given = json.loads(
            body.decode('utf-8'), parse_constant=_no_constant, object_pairs_hook=_no_repeats
        )
    except (ValueError, RecursionError) as error:
        # Numbers of thousands of digits and texts that are no UTF-8 are ValueErrors too.
        raise Refusal(400, f'the body is no JSON: {error}') from error
    if type(given) is not dict or set(given) != set(kinds):
        raise Refusal(400, f'an object of {", ".join(kinds) or "no fields"} is expected')
    for name, kind in kinds.items():
        if type(given[name]) is not kind:
            raise Refusal(400, f'{name} is not {_WORDS[kind]}')
    return given


def _no_constant(word: str) -> Any:
    raise ValueError(f'{word} is no number of JSON')


def _no_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError('a field comes twice')
    return found
