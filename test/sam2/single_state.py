"""The state of the single network as the tests have it, and short requests to it."""

from __future__ import annotations

from typing import Any

from isaac_seg_py.families.sam2_requests import AddRequest
from isaac_seg_py.families.sam2_single import SingleNetworkState
from sam2_single_network import MEMORY, POINTER

SIZE = (48, 64)


def state(**more: Any) -> SingleNetworkState:
    return SingleNetworkState(SIZE, memory=MEMORY, pointer=POINTER, **more)


def boxes(**named: float) -> AddRequest:
    return AddRequest(list(named), [(x, 1, x + 5, 9) for x in named.values()])


def points(**named: float) -> AddRequest:
    return AddRequest((), (), list(named), [(x, 3) for x in named.values()], [1] * len(named))
