"""Subject: what is measured."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping

from .monitor import Monitor
from ..closing import Closing


class Subject(Closing):
    """
    Something that takes stamped images and gives one result for each, or loses it.

    Results are told to `monitor` by their stamps. `processes` holds the numbers of the processes
    that do the work, by name. `copies` says which copies of the image the time includes.
    """

    monitor: Monitor
    processes: Mapping[str, int]
    copies: str

    @abstractmethod
    def send(self, stamp_ns: int) -> None:
        """Send the next image with this stamp, without waiting for its result."""
