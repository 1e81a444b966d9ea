"""The settings of networks that follow objects through video."""

from __future__ import annotations

from dataclasses import dataclass

from .settings import check_settings, setting


@dataclass(frozen=True)
class TrackConfig:
    """What is remembered of the objects, and how answers become masks."""

    max_num_objects: int = setting(
        10, 'Objects that are followed at once; memory is set aside for all.', low=1, high=255
    )
    memory_frames: int = setting(
        7,
        'Frames that an object is found again by: those where it was shown count as one, the '
        "others are the latest. 7 as in Meta's code, 2 as in Isaac ROS, fewer are faster.",
        low=1,
        high=7,
    )
    max_pointers: int = setting(
        16, 'The same for the short summaries of an object.', low=1, high=16
    )
    max_cond_frames: int = setting(
        4,
        'Frames in which an object was shown or corrected that are kept; the oldest goes first.',
        low=1,
        high=32,
    )
    memory_place: str = setting(
        'auto',
        'Where what is remembered lies: in the memory of the GPU that runs the networks (device), '
        'or of the host. auto: on the device with TensorRT, or ONNX Runtime on a GPU.',
        choices=('auto', 'host', 'device'),
    )
    history_frames: int = setting(
        8,
        'Latest frames that an object can still be shown or corrected in, by their stamp.',
        low=1,
        high=256,
    )
    keep_corrections: bool = setting(
        True,
        "A corrected frame is kept as one where the object was shown. Meta's code: false, a "
        'correction is forgotten like any other frame.',
        live=True,
    )
    multimask: str = setting(
        'auto',
        'Of the masks that an object gets: the first where it is stable (single), the best of the '
        'others (best). auto: best while following and for a single point.',
        choices=('auto', 'single', 'best'),
        live=True,
    )
    stability_threshold: float = setting(
        0.98, 'Stability below which the first mask is not taken.', low=0.0, high=1.0, live=True
    )
    presence_threshold: float = setting(
        0.0, 'Raw score above which an object counts as seen.', low=0.0, high=32.0, live=True
    )
    mask_threshold: float = setting(
        0.0, 'Raw score above which a pixel is of the object.', low=-32.0, high=32.0, live=True
    )
    fill_holes: int = setting(
        0,
        "Holes of up to so many cells of the network's mask are filled. 0: none; Meta's code: 8.",
        low=0,
        high=65535,
        live=True,
    )
    non_overlapping: bool = setting(
        False, 'A pixel is of one object only, that with the highest score there.', live=True
    )
    adopt_iou: float = setting(
        0.3,
        'Overlap (intersection over union) with the mask, or with the box around it or around its '
        'largest part, from which on a box of a detector is of an object that is followed.',
        low=0.0,
        high=1.0,
        live=True,
    )

    def __post_init__(self) -> None:
        """Check types and limits."""
        check_settings(self)
