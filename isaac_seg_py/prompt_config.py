"""The settings of networks that are shown an object by prompts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from .settings import check_settings, setting

MULTIMASKS: Final = ('auto', 'single', 'best', 'all')


@dataclass(frozen=True)
class PromptConfig:
    """How prompts become masks."""

    multimask: str = setting(
        'auto',
        'Of the masks that a prompt gets: the first (single), the best of the others (best), the '
        'others (all). auto: best for a single point, which may mean a part or the whole.',
        choices=MULTIMASKS,
        live=True,
    )
    mask_threshold: float = setting(
        0.0, 'Raw score above which a pixel is of the object.', low=-32.0, high=32.0, live=True
    )
    stability_offset: float = setting(
        1.0,
        'How far the threshold moves, up and down, to see how stable a mask is.',
        low=0.001,
        high=32.0,
        live=True,
    )
    prompt_frame: int = setting(
        0,
        'Side of the square that the network counts points in. 0: its canvas.',
        low=0,
        high=65535,
    )
    max_prompts: int = setting(
        32, 'Objects that go through the decoder at once.', low=1, high=1024
    )

    def __post_init__(self) -> None:
        """Check types and limits."""
        check_settings(self)
