"""The settings of the nodes that hold Segment Anything: the network, topics, times and looks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .found_masks import Look
from .qos import depth_setting, input_qos_setting, qos_setting
from ..infer_config import BACKENDS
from ..settings import check_settings, setting

_OPENED = ('backend', 'device', 'threads', 'precision')
_NORMALIZATION = ('image_mean', 'image_stddev')


@dataclass(frozen=True)
class NetworkChoice:
    """Which network runs, and on what."""

    model: str = setting('tiny-sam', 'Model: a name (isaac-seg models) or a manifest.')
    backend: str = setting('auto', 'What runs the network.', choices=BACKENDS)
    device: int = setting(0, 'Number of the GPU.', low=0, high=255)
    threads: int = setting(
        0, 'Threads for a network on the CPU. 0: one per core.', low=0, high=1024
    )
    precision: str = setting(
        '',
        'Arithmetic of a float32 model in TensorRT. Empty: fp16.',
        choices=('', 'fp32', 'tf32', 'fp16', 'bf16', 'as_is'),
    )
    image_mean: tuple[float, ...] = setting(
        (), 'Mean of each channel, of values 0 to 1. Empty: as the model says.', kind=float
    )
    image_stddev: tuple[float, ...] = setting(
        (), 'Deviation of each channel. Empty: as the model says.', kind=float
    )

    def __post_init__(self) -> None:
        """Check types and limits."""
        check_settings(self)

    def chosen(self) -> dict[str, Any]:
        """Return what is set of how a network is opened."""
        given = {name: getattr(self, name) for name in _NORMALIZATION if getattr(self, name)}
        return {**given, **{name: getattr(self, name) for name in _OPENED}}


@dataclass(frozen=True)
class ObjectLooks:
    """How objects are shown and told."""

    color_segmentation_mask_encoding: str = setting(
        'rgb8',
        'Encoding of the coloured mask.',
        choices=('rgb8', 'bgr8', 'rgba8', 'bgra8'),
        live=True,
    )
    color_by: str = setting(
        'object',
        'Whether each object has a colour of its own, or all objects of a class have one.',
        choices=('object', 'class'),
        live=True,
    )
    classes_as: str = setting(
        'name',
        'How detections tell a class: in the words of its prompt, or by its number in the masks.',
        choices=('name', 'number'),
        live=True,
    )
    class_names: tuple[str, ...] = setting(
        (), 'Names of classes, so that each has its place as number. Empty: as they come.',
        kind=str,
    )  # fmt: skip
    alpha: float = setting(0.5, 'Share of the image in the overlay.', low=0.0, high=1.0, live=True)
    marks: bool = setting(
        True, 'Draw outline, box, name and score of each object in the overlay.', live=True
    )

    def __post_init__(self) -> None:
        """Check types and limits."""
        check_settings(self)

    @property
    def look(self) -> Look:
        """Return how what is found is shown."""
        encoding = self.color_segmentation_mask_encoding
        return Look(encoding, self.color_by, self.classes_as, self.marks)


@dataclass(frozen=True)
class ImageTopics:
    """The topics of a node that takes images and gives objects."""

    input_qos: str = input_qos_setting('images and prompts')
    input_qos_depth: int = depth_setting('images and prompts')
    output_qos: str = qos_setting('masks')
    output_qos_depth: int = depth_setting('masks')

    def __post_init__(self) -> None:
        """Check types and limits."""
        check_settings(self)


@dataclass(frozen=True)
class PromptTimes:
    """Which image a prompt means, and how long anybody waits."""

    prompt_tolerance_ms: float = setting(
        20.0,
        'How far the stamps of a prompt and its image may be apart. 0: equal.',
        low=0.0,
        high=10000.0,
        live=True,
    )
    prompt_timeout_ms: float = setting(
        1000.0,
        'How long a prompt waits for an image that has not come yet.',
        low=0.0,
        high=60000.0,
        live=True,
    )
    service_timeout_ms: float = setting(
        10000.0,
        'How long a request of the service waits for its answer.',
        low=1.0,
        high=600000.0,
        live=True,
    )
    history_frames: int = setting(
        30, 'Images that are kept, so that a prompt may come later.', low=1, high=10000
    )
    cached_embeddings: int = setting(
        4, 'Images of which the network keeps what it has seen in them.', low=1, high=1000
    )
    prompt_queue_size: int = setting(
        10, 'Prompts that may wait; newer ones take the place of the oldest.', low=1, high=10000
    )

    def __post_init__(self) -> None:
        """Check types and limits."""
        check_settings(self)
