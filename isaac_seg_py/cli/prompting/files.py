"""Options for prompts from files: what a detector or a pose network found in each picture."""

from __future__ import annotations

import argparse
from typing import Final

from .found_objects import FoundObjects, KEYPOINT_THRESHOLD, THRESHOLD
from ..arguments.settings import check_range
from ...errors import ConfigError
from ...user_files import user_path

_MORE: Final = ('annotations', 'threshold', 'keypoint_parts', 'keypoint_threshold')


def add_prompt_files(group: argparse._ActionsContainer) -> None:
    """Declare the files that show objects."""
    add = group.add_argument
    add(
        '--detections', metavar='FILE',
        help="boxes of a detector, as COCO's list of results or an annotation file: each shows "
        'an object, which keeps its class and score',
    )  # fmt: skip
    add(
        '--keypoints', metavar='FILE',
        help='key points of poses in the same forms: those of a person lie on it, and those of '
        'others beside it, where they are in its box grown by a tenth and touch none of its own',
    )  # fmt: skip
    add(
        '--annotations', metavar='FILE',
        help='annotation file that tells which picture and class a list of results means; without '
        "it image_id is a picture's name, or the number that it ends with",
    )  # fmt: skip
    add('--threshold', type=float, metavar='SCORE',
        help=f'least score of objects in these files ({THRESHOLD})')  # fmt: skip
    add(
        '--keypoint-parts', metavar='WHICH',
        help='which key points show a person: all, torso, or names (nose,left_hip); all of whom '
        'none of them is seen (all)',
    )  # fmt: skip
    add(
        '--keypoint-threshold', type=float, metavar='SCORE',
        help=f'third number above which a key point of a result is seen ({KEYPOINT_THRESHOLD}); '
        'annotations mark it with a 2',
    )  # fmt: skip


def is_file_given(arguments: argparse.Namespace) -> bool:
    """Say whether a file shows the objects; raise ConfigError for options that do not go so."""
    if arguments.detections and arguments.keypoints:
        raise ConfigError('--detections and --keypoints came; give one of them')
    given = bool(arguments.detections or arguments.keypoints)
    for name in _MORE:
        if not given and getattr(arguments, name) is not None:
            raise ConfigError(
                f'--{name.replace("_", "-")} goes with --detections or --keypoints; leave it out'
            )
    poses = arguments.keypoint_parts, arguments.keypoint_threshold
    if arguments.detections and poses != (None, None):
        raise ConfigError('--keypoint-parts and --keypoint-threshold go with --keypoints')
    return given


def open_prompt_file(arguments: argparse.Namespace) -> FoundObjects | None:
    """Return what reads the file that the arguments name, None where they name none."""
    if not is_file_given(arguments):
        return None
    about = arguments.annotations
    return FoundObjects(
        user_path(arguments.detections or arguments.keypoints),
        user_path(about) if about else None,
        as_poses=bool(arguments.keypoints),
        threshold=_share(arguments, 'threshold', THRESHOLD),
        parts='all' if arguments.keypoint_parts is None else arguments.keypoint_parts,
        keypoint_threshold=_share(arguments, 'keypoint_threshold', KEYPOINT_THRESHOLD),
    )


def _share(arguments: argparse.Namespace, name: str, default: float) -> float:
    if getattr(arguments, name) is None:
        return default
    check_range(arguments, name, 0, 1)
    return float(getattr(arguments, name))
