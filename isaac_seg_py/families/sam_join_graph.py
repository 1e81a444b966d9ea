"""The nodes that stand around the two parts of a joined Segment Anything."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from onnx import helper, numpy_helper, TensorProto

MASKS, RATINGS, SMALL_MASKS = 'masks', 'iou_predictions', 'low_res_masks'
# Of so many masks the first answers a clear prompt, and the others one that may mean a part.
_SEVERAL: Final = 4
# More than any predicted IoU.
_DECIDES: Final = 1000.0
# A label of a token that says something is not below.
_SAYS: Final = -0.5
_CLEAR: Final = 1.5


class Nodes:
    """Nodes in the order of their making, and the constants that they read."""

    def __init__(self) -> None:
        """Begin with none."""
        self._nodes: list[Any] = []
        self.constants: list[Any] = []

    def add(self, kind: str, *inputs: str, out: str = '', **attributes: Any) -> str:
        """Make a node and return its output."""
        out = out or f'joined/{kind.lower()}_{len(self._nodes)}'
        self._nodes.append(helper.make_node(kind, inputs, [out], name=out, **attributes))
        return out

    def repeated(self, tensor: str, like: str, rank: int) -> str:
        """Return a tensor whose first axis is 1 as often as another has rows."""
        ones = [self._numbers([1] * (rank - 1))] if rank > 1 else []
        shape = self.add('Concat', self._rows(like), *ones, axis=0)
        return self.add('Expand', tensor, shape)

    def chosen(
        self, masks: str, ratings: str, count: int, said: tuple[str, str]
    ) -> tuple[str, str]:
        """
        Return one mask (N, 1, h, w) and rating (N, 1) of each prompt.

        `said` are its labels and whether a mask came: these tell whether a part may be meant.
        """
        weighed = ratings
        if count == _SEVERAL:
            labels, has_mask = said
            spoken = self.add('Greater', labels, self._floats(_SAYS))
            spoken = self.add('Cast', spoken, to=TensorProto.FLOAT)
            spoken = self.add('ReduceSum', spoken, self._numbers([1]), keepdims=1)
            spoken = self.add('Add', spoken, has_mask)
            clear = self.add('Greater', spoken, self._floats(_CLEAR))
            first = [_DECIDES, *[0.0] * (count - 1)]
            weight = self.add(
                'Where', clear, self._floats(first), self._floats([-one for one in first])
            )
            weighed = self.add('Add', ratings, weight)
        best = self.add('ArgMax', weighed, axis=1, keepdims=1)
        mask = self.add('GatherND', masks, best, batch_dims=1)
        return (
            self.add('Unsqueeze', mask, self._numbers([1])),
            self.add('GatherElements', ratings, best, axis=1),
        )

    def grown(self, masks: str, size: str, canvas: Sequence[int]) -> None:
        """Add masks of the image's size: what shows the image on the canvas is enlarged to it."""
        head = [self._rows(masks), self._numbers([1])]
        on_canvas = self.add('Concat', *head, self._numbers(canvas), axis=0)
        large = self.add('Resize', masks, '', '', on_canvas, mode='linear')
        # The longer side fills its axis, the other one is rounded half up, as View.fit does.
        sides = [
            self.add(
                'Div',
                self.add('Mul', size, self._floats(float(side))),
                self.add('Gather', size, self._numbers([axis])),
            )
            for axis, side in enumerate(canvas)
        ]
        content = self.add('Add', self.add('Min', *sides), self._floats(0.5))
        content = self.add('Max', self.add('Floor', content), self._floats(1.0))
        end = self.add('Cast', content, to=TensorProto.INT64)
        shown = self.add('Slice', large, self._numbers([0, 0]), end, self._numbers([2, 3]))
        whole = self.add('Cast', size, to=TensorProto.INT64)
        shape = self.add('Concat', *head, whole, axis=0)
        self.add('Resize', shown, '', '', shape, out=MASKS, mode='linear')

    def in_order(self, inner: Sequence[Any]) -> list[Any]:
        """Return these nodes with those of the two parts, each behind what it reads."""
        before: list[Any] = []
        wanted = {name for node in inner for name in node.input}
        for node in reversed(self._nodes):
            if wanted.intersection(node.output):
                before.insert(0, node)
                wanted.update(node.input)
        behind = [node for node in self._nodes if node not in before]
        return [*before, *inner, *behind]

    def _rows(self, tensor: str) -> str:
        """Return the number of rows of a tensor, as a vector of one."""
        shape = self.add('Shape', tensor)
        return self.add('Slice', shape, self._numbers([0]), self._numbers([1]))

    def _numbers(self, values: Sequence[int]) -> str:
        return self._constant(np.array(values, np.int64))

    def _floats(self, values: float | Sequence[float]) -> str:
        return self._constant(np.array(values, np.float32))

    def _constant(self, values: Any) -> str:
        name = f'joined/constant_{len(self.constants)}'
        self.constants.append(numpy_helper.from_array(values, name))
        return name
