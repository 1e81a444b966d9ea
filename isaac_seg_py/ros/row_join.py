"""Brings the masks that a network gave and the prompts that they answer together, by stamp."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from std_msgs.msg import Header

from .detections import Detection
from .packet import Packet
from .prompt_classes import ClassNumbers
from .prompt_messages import asked_by_detections
from ..decode.mask_rows import MaskRows
from ..decode.prompted import MaskGrower
from ..errors import TensorError
from ..families.sam import objects_of
from ..geometry import Size
from ..instance_masks import InstanceMasks

Prompts = tuple[Detection, ...]


@dataclass(eq=False)
class Frame:
    """What has come of one image: its prompts, and the masks for some or all of them."""

    header: Header
    prompts: Prompts | None = None
    parts: list[MaskRows] = field(default_factory=list)

    @property
    def is_complete(self) -> bool:
        """Say whether each prompt has its mask."""
        return self.prompts is not None and self.rows >= len(self.prompts)

    @property
    def rows(self) -> int:
        """Return how many masks there are."""
        return sum(map(len, self.parts))

    def objects(
        self, size: Size, classes: ClassNumbers, grow: MaskGrower, threshold: float
    ) -> InstanceMasks:
        """Return the objects of an image of that size; nobody's prompts are numbered."""
        rows = self.rows
        ids: list[Hashable] = list(range(1, rows + 1))
        numbers, scores = [0] * rows, [1.0] * rows
        if self.prompts is not None:
            # Of one name each, whoever published them.
            ids = [one.id for one in asked_by_detections(self.prompts)]
            numbers = classes.numbers([one.class_id for one in self.prompts])
            scores = [one.score for one in self.prompts]
        rated = [part.ratings for part in self.parts if part.ratings is not None]
        if rated and len(rated) == len(self.parts):
            scores = np.concatenate(rated).tolist()
        found = objects_of(
            [patch for part in self.parts for patch in part.patches(grow, threshold)],
            size,
            scores=scores,
            class_ids=numbers,
            ids=tuple(ids),
        )
        return replace(found, class_names=classes.names)


class RowJoin:
    """
    Keeps frames until each prompt has its mask, which may come in several parts.

    When more than `most` wait the oldest is let go, and `on_lost` is called. Not thread-safe.
    """

    def __init__(self, most: int, on_lost: Callable[[], None]) -> None:
        """Take how many frames may wait."""
        self._most, self._on_lost = most, on_lost
        self._frames: deque[Frame] = deque()

    def add_prompts(self, packet: Packet[Prompts]) -> Frame | None:
        """Add prompts; return their frame where it is complete."""
        # Of one image there may be prompts twice, as of two clicks: masks come in the same order.
        frame = self._open(packet, lambda one: one.prompts is None)
        frame.prompts = packet.value
        return self._finish(frame)

    def add_rows(self, packet: Packet[MaskRows]) -> Frame | None:
        """Add masks; return their frame where it is complete."""
        frame = self._open(packet, lambda one: True)
        frame.parts.append(packet.value)
        return self._finish(frame)

    def _open(self, packet: Packet[Any], suits: Callable[[Frame], bool]) -> Frame:
        """Return the oldest frame of that stamp that suits, or a new one."""
        for frame in self._frames:
            if frame.header.stamp == packet.header.stamp and suits(frame):
                return frame
        self._frames.append(Frame(packet.header))
        if len(self._frames) > self._most:
            self._frames.popleft()
            self._on_lost()
        return self._frames[-1]

    def _finish(self, frame: Frame) -> Frame | None:
        if not frame.is_complete:
            return None
        self._frames.remove(frame)
        prompts = frame.prompts or ()
        if frame.rows != len(prompts):
            raise TensorError(
                f'{frame.rows} masks came for {len(prompts)} prompts; each prompt has one. Does '
                'encoded_prompts come from the node that made the tensors?'
            )
        return frame
