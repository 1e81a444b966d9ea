"""Work on large grids, shared by two threads."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import cv2

Item = TypeVar('Item')


def share(work: Callable[[Item], None], items: Iterable[Item]) -> None:
    """
    Do the work on each item, in any order; a second thread helps where there are several.

    NumPy lets go of the interpreter meanwhile. Where OpenCV may use one thread only, so do we.
    """
    waiting = list(items)
    left = iter(waiting)

    def take() -> None:
        for item in left:
            work(item)

    if len(waiting) < 2 or cv2.getNumThreads() < 2:
        take()
        return
    with ThreadPoolExecutor(1) as helper:
        helping = helper.submit(take)
        take()
        helping.result()
