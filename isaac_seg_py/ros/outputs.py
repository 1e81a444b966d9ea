"""What the decoders publish of what a network found; a value is made only for who listens."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
import json
from typing import Any, Final

from isaac_seg_interfaces import msg as interfaces
from std_msgs.msg import Header, String

from .conversions import IMAGE
from .detections import Detection, DETECTIONS, detections_of
from .found_masks import (
    class_mask,
    color_mask,
    confidence,
    legend_picture,
    Look,
    Marks,
    object_mask,
)
from .wire import only_sent, Wire
from ..class_statistics import class_statistics, ClassStatistics
from ..geometry import Size
from ..masks import LabelImage
from ..panoptic import Found
from ..polygons import polygons

Statistics = tuple[Size, list[ClassStatistics]]


@dataclass(frozen=True)
class Output:
    """
    A topic, and how what was found becomes a value for it.

    `make` returns None where there is nothing to say. Some need the confidence of each pixel.
    """

    topic: str
    wire: Wire[Any]
    make: Callable[[Found, Look], Any]
    needs_scores: bool = False


def _statistics(found: Found, look: Look) -> Statistics:
    return found.size, class_statistics(found)


def _detections(found: Found, look: Look) -> tuple[Detection, ...]:
    return detections_of(found.instances(), by_name=look.classes_as == 'name')


def _json(found: Found, look: Look) -> dict[str, Any]:
    """Return plain types: run lengths as COCO has them, and outlines."""
    content = found.to_json()
    if isinstance(found, LabelImage):
        for entry in content['classes']:
            entry['polygons'] = polygons(found.labels == entry['id'])
    return content


def _statistics_to_message(header: Header, value: Statistics) -> interfaces.ClassStatisticsArray:
    (height, width), classes = value
    return interfaces.ClassStatisticsArray(
        header=header,
        height=height,
        width=width,
        classes=[
            interfaces.ClassStatistics(
                class_id=one.class_id, class_name=one.name, pixels=one.pixels, share=one.share,
                mean_score=one.mean_score, objects=one.objects,
            )
            for one in classes
        ],
    )  # fmt: skip


def _json_to_message(header: Header, content: dict[str, Any]) -> String:
    stamp = {'sec': header.stamp.sec, 'nanosec': header.stamp.nanosec}
    return String(data=json.dumps({'stamp': stamp, 'frame_id': header.frame_id, **content}))


STATISTICS: Final = only_sent(interfaces.ClassStatisticsArray, _statistics_to_message)
JSON: Final = only_sent(String, _json_to_message)

_COLORS: Final = Output('colored_segmentation_mask', IMAGE, color_mask)
_OF_ALL: Final = (
    Output('legend', IMAGE, legend_picture),
    Output('statistics', STATISTICS, _statistics, needs_scores=True),
    Output('json', JSON, _json, needs_scores=True),
)
OF_CLASSES: Final = (
    Output('raw_segmentation_mask', IMAGE, class_mask),
    _COLORS,
    Output('confidence', IMAGE, confidence, needs_scores=True),
    *_OF_ALL,
)
OF_OBJECTS: Final = (
    Output('raw_segmentation_mask', IMAGE, object_mask),
    Output('class_segmentation_mask', IMAGE, class_mask),
    _COLORS,
    Output('marks', IMAGE, Marks),
    Output('detections', DETECTIONS, _detections),
    *_OF_ALL,
)
