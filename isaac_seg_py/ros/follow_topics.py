"""The settings of the node that follows objects: which network, and what prompts mean."""

from __future__ import annotations

from dataclasses import dataclass

from .prompt_topics import NetworkChoice
from ..settings import check_settings, setting


@dataclass(frozen=True)
class FollowingChoice(NetworkChoice):
    """Which networks follow objects, and on what."""

    model: str = setting('tiny-sam2', 'Model: a name (isaac-seg models) or a manifest.')


@dataclass(frozen=True)
class FollowTimes:
    """Which image a prompt means, and what may wait."""

    prompt_tolerance_ms: float = setting(
        20.0,
        'How far the stamps of boxes of a detector and their image may be apart.',
        low=0.0,
        high=10000.0,
        live=True,
    )
    prompt_timeout_ms: float = setting(
        1000.0,
        'How far ahead of the newest image a prompt may be, and how long boxes of a detector wait '
        'for their image. A request that is further ahead means the newest image.',
        low=0.0,
        high=60000.0,
        live=True,
    )
    prompt_queue_size: int = setting(
        10, 'Prompts that may wait; newer ones take the place of the oldest.', low=1, high=10000
    )
    image_queue_size: int = setting(
        1, 'Images that may wait; newer ones take the place of the oldest.', low=1, high=1000
    )
    forget_after_s: float = setting(
        0.0,
        'Seconds of image time after which an object that is not seen any more is let go. '
        '0: never.',
        low=0.0,
        high=86400.0,
        live=True,
    )
    click_object: str = setting(
        '',
        'Object that clicks show or correct. Empty: that whose mask lies under the click, else a '
        'new one.',
        live=True,
    )

    def __post_init__(self) -> None:
        """Check types and limits."""
        check_settings(self)
