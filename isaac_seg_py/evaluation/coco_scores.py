"""Average precision and recall of objects, counted by pycocotools."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import redirect_stdout
from copy import deepcopy
from io import StringIO
import math
from typing import Any, Final

import numpy as np

from .. import rle
from ..errors import ConfigError
from ..instance_masks import InstanceMasks

Entry = dict[str, Any]
_NAMES: Final = (
    'AP', 'AP50', 'AP75', 'AP_small', 'AP_medium', 'AP_large',
    'AR1', 'AR10', 'AR100', 'AR_small', 'AR_medium', 'AR_large',
)  # fmt: skip
_KINDS: Final = {'mask': 'segm', 'box': 'bbox'}


class CocoScores:
    """Collects true and found objects of pictures; `summary` counts."""

    def __init__(self, categories: Mapping[int, str]) -> None:
        """Take COCO's categories; raise ConfigError where pycocotools is missing."""
        try:
            import pycocotools.cocoeval  # noqa: F401
        except ImportError as error:
            raise ConfigError(
                'AP and AR of objects are counted by pycocotools, which is not installed: '
                'pip install pycocotools'
            ) from error
        self._categories = dict(categories)
        self._images: list[Entry] = []
        self._truth: list[Entry] = []
        self._found: list[Entry] = []

    def add(
        self, number: int, truth: Sequence[Entry], found: InstanceMasks,
        matched: Mapping[int, int],
    ) -> None:  # fmt: skip
        """Add a picture; `matched` has COCO's number of each class of the network."""
        height, width = found.size
        self._images.append({'id': number, 'height': height, 'width': width})
        self._truth += ({'iscrowd': 0, **one} for one in truth)
        for index in range(len(found)):
            category = matched.get(int(found.class_ids[index]))
            if category is None:
                continue
            x1, y1, x2, y2 = found.boxes[index].tolist()
            self._found.append(
                {
                    'id': len(self._found) + 1,
                    'image_id': number,
                    'category_id': category,
                    'segmentation': rle.encode(found.masks[index]),
                    'bbox': [x1, y1, x2 - x1, y2 - y1],
                    'areas': {
                        'segm': int(np.count_nonzero(found.masks[index])),
                        'bbox': (x2 - x1) * (y2 - y1),
                    },
                    'score': float(found.scores[index]),
                    'iscrowd': 0,
                }
            )

    def summary(self) -> Entry:
        """Return COCO's twelve numbers for masks and for boxes, and AP of each class."""
        return {
            'objects': len(self._truth),
            'found': len(self._found),
            **{name: self._count(kind) for name, kind in _KINDS.items()},
        }

    def _count(self, kind: str) -> Entry:
        from pycocotools.cocoeval import COCOeval

        found = [{**one, 'area': one['areas'][kind]} for one in self._found]
        # It prints as it goes.
        with redirect_stdout(StringIO()):
            work = COCOeval(self._index(deepcopy(self._truth)), self._index(found), kind)
            work.evaluate()
            work.accumulate()
            work.summarize()
        # Axes: overlap, recall, class, area (0 is all), most objects (2 is 100).
        precision = work.eval['precision'][:, :, :, 0, 2]
        half = int(np.argmin(abs(work.params.iouThrs - 0.5)))
        return {
            **{name: _plain(value) for name, value in zip(_NAMES, work.stats, strict=True)},
            'classes': [
                {
                    'id': int(number),
                    'name': self._categories[number],
                    'AP': _known_mean(precision[:, :, place]),
                    'AP50': _known_mean(precision[half, :, place]),
                }
                for place, number in enumerate(work.params.catIds)
            ],
        }

    def _index(self, annotations: list[Entry]) -> Any:
        from pycocotools.coco import COCO

        index = COCO()
        index.dataset = {
            'info': {},
            'images': self._images,
            'annotations': annotations,
            'categories': [{'id': i, 'name': name} for i, name in self._categories.items()],
        }
        index.createIndex()
        return index


def _plain(value: float) -> float | None:
    """Return a number, None for COCO's -1: nothing was there to count."""
    return None if value < 0 or math.isnan(value) else float(value)


def _known_mean(values: Any) -> float | None:
    known = values[values > -1]
    return float(known.mean()) if known.size else None
