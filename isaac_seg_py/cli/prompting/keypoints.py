"""
Key points of poses as prompts.

Points of a person that are seen lie on it. Points of the others lie beside it where they are in
its box, grown by a tenth; not those that touch one of its own, as of two who hold hands.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ...errors import ConfigError
from ...evaluation.coco_numbers import box_corners
from ...geometry import Size
from ...prompts import NOT_OBJECT, OBJECT

Floats = npt.NDArray[np.float64]

# The order of COCO's key points: https://cocodataset.org/#keypoints-eval
PARTS: Final = (
    'nose', 'left_eye', 'right_eye', 'left_ear', 'right_ear', 'left_shoulder', 'right_shoulder',
    'left_elbow', 'right_elbow', 'left_wrist', 'right_wrist', 'left_hip', 'right_hip',
    'left_knee', 'right_knee', 'left_ankle', 'right_ankle',
)  # fmt: skip
TORSO: Final = ('left_shoulder', 'right_shoulder', 'left_hip', 'right_hip')
_GROWN: Final = 0.1
# Share of the longer side of the box within which points of two persons touch.
_TOUCHING: Final = 0.03
# In annotations 1 marks what is hidden by something else, 2 what is seen.
_SEEN: Final = 2
# Farther than any picture reaches.
_FAR: Final = 1e9


@dataclass(frozen=True, eq=False)
class Pose:
    """The key points of one person, (K, 2) x, y, which of them are seen, and its box."""

    points: Floats
    seen: npt.NDArray[np.bool_]
    box: Floats

    @classmethod
    def of(cls, entry: Mapping[str, Any], size: Size, least: float | None) -> Pose:
        """
        Read the key points of a picture of (height, width); raise ConfigError for a wrong form.

        Of results those count whose third number is above `least`; without it, of annotations,
        those that are marked as seen.
        """
        try:
            numbers = np.array(entry['keypoints'], np.float64).reshape(-1, 3)
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise ConfigError(
                'an entry has no key points; "keypoints": [x, y, v, ...] is expected'
            ) from error
        given = entry.get('bbox') or [0, 0, 0, 0]
        box = box_corners(given)
        if box is None:
            raise ConfigError(
                f'an entry with key points has bbox {repr(given)[:60]}; [x, y, width, height] is '
                'expected'
            )
        points = numbers[:, :2]
        seen = numbers[:, 2] >= _SEEN if least is None else numbers[:, 2] > least
        # NaN lies outside as well.
        seen &= ((points >= 0) & (points < (size[1], size[0]))).all(1)
        corners = points[seen]
        if box[0] < box[2] and box[1] < box[3]:
            around = np.clip(box, -_FAR, _FAR).reshape(2, 2)
            corners = np.concatenate([corners, around])
        low, high = (corners.min(0), corners.max(0)) if len(corners) else (np.zeros(2),) * 2
        grown = _GROWN * (high - low)
        return cls(points, seen, np.concatenate([low - grown, high + grown]))


def find_parts(text: str, names: Sequence[str]) -> list[int]:
    """Return the places of the parts of `all`, `torso` or names with commas between them."""
    wanted = {'all': tuple(names), 'torso': TORSO}.get(text)
    parts = wanted or tuple(word.strip() for word in text.split(','))
    unknown = [part for part in parts if part not in names]
    if unknown:
        raise ConfigError(
            f'--keypoint-parts has {unknown[0]!r}; all, torso or some of {", ".join(names)} '
            'is expected'
        )
    return [names.index(part) for part in parts]


def pose_prompts(
    poses: Sequence[Pose], parts: Sequence[Sequence[int]]
) -> list[tuple[list[list[float]], list[int]]]:
    """
    Return points and labels of each person, of whom `parts` are wanted; none where none is seen.

    Where none of the wanted parts is seen, all the others count.
    """
    found = []
    for index, (pose, places) in enumerate(zip(poses, parts, strict=True)):
        wanted = np.zeros_like(pose.seen)
        wanted[list(places)] = True
        chosen = pose.seen & wanted
        on = pose.points[chosen if chosen.any() else pose.seen]
        others = [one.points[one.seen] for other, one in enumerate(poses) if other != index]
        beside = _beside(pose, np.concatenate([np.zeros((0, 2)), *others]))
        labels = [OBJECT] * len(on) + [NOT_OBJECT] * len(beside)
        points = [*on.tolist(), *beside.tolist()]
        found.append((points, labels) if len(on) else ([], []))
    return found


def _beside(pose: Pose, points: Floats) -> Floats:
    """Return the points of others that lie in the box of a person and touch none of its own."""
    low, high = pose.box[:2], pose.box[2:]
    inside = points[((points >= low) & (points <= high)).all(1)]
    own = pose.points[pose.seen]
    apart = np.linalg.norm(inside[:, np.newaxis] - own, axis=2).min(1, initial=np.inf)
    return np.asarray(inside[apart > _TOUCHING * (high - low).max()])
