"""NVIDIA's single network: the order of its rows, its rules, and whose memory goes where."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from isaac_seg_py.families.sam2_requests import AddRequest
from isaac_seg_py.families.sam2_single import SingleNetworkState
from isaac_seg_py.infer import Backend, open_backend
from isaac_seg_py.tensors import Tensors
import numpy as np
import onnx
from onnx import checker, parser
import pytest

SIZE = (48, 64)
MEMORY, POINTER = (2, 3, 3), 4

# Rows as NVIDIA's network has them: objects with a memory, then points, then boxes; the last row
# of each kind of prompt is left out, and `permutation` puts the answers in order. The answer of a
# row says what it was made of: the first number of its memory, its box's x1, its first point's x.
# An object is seen where the image's first number is not negative.
_STUB = """
<ir_version: 8, opset_import: ["" : 18]>
stub (float[1,1] image, int32[2] original_size, float[B,4,2,3,3] mask_memory,
    float[B,2,4] obj_ptr_memory, float[X,4] bbox_coords, float[Y,5,2] point_coords,
    int32[Y,5] point_labels, int64[B] permutation) => (float[B,1] memory_row, float[B,1] last_row,
    float[B,1] prompt_row, float[B,1] object_score_logits, float[B,2,3,3] maskmem_features,
    float[B,2,3,3] maskmem_pos_enc, float[B,4] obj_ptr_features)
{
  first = Constant <value = int64[1] {0}> ()
  one = Constant <value = int64[1] {1}> ()
  last = Constant <value = int64[1] {-1}> ()
  boxes = Slice (bbox_coords, first, last, first)
  points = Slice (point_coords, first, last, first)
  box_x = Slice (boxes, first, one, one)
  pick = Constant <value = int64[3] {0,0,0}> ()
  pick_end = Constant <value = int64[3] {1000,1,1}> ()
  three = Constant <value = int64[3] {0,1,2}> ()
  point_x3 = Slice (points, pick, pick_end, three)
  flat = Constant <value = int64[2] {-1,1}> ()
  point_x = Reshape (point_x3, flat)
  shown = Concat <axis = 0> (point_x, box_x)
  asked_shape = Shape (shown)
  asked = Gather <axis = 0> (asked_shape, first)
  all_shape = Shape (permutation)
  known = Sub (all_shape, asked)
  known_shape = Concat <axis = 0> (known, one)
  unshown = Expand (minus, known_shape)
  minus = Constant <value = float[1] {-1.0}> ()
  prompts = Concat <axis = 0> (unshown, shown)
  prompt_row = Gather <axis = 0> (prompts, permutation)
  five = Constant <value = int64[5] {0,0,0,0,0}> ()
  five_end = Constant <value = int64[5] {1000,1,1,1,1}> ()
  axes = Constant <value = int64[5] {0,1,2,3,4}> ()
  memory5 = Slice (mask_memory, five, five_end, axes)
  memory2 = Reshape (memory5, flat)
  memory_row = Gather <axis = 0> (memory2, permutation)
  late = Constant <value = int64[5] {0,2,0,0,0}> ()
  late_end = Constant <value = int64[5] {1000,3,1,1,1}> ()
  last5 = Slice (mask_memory, late, late_end, axes)
  last2 = Reshape (last5, flat)
  last_row = Gather <axis = 0> (last2, permutation)
  zero = Constant <value = float[1] {0.0}> ()
  blank = Mul (memory_row, zero)
  object_score_logits = Add (blank, image)
  small = Constant <value = float[1] {0.001}> ()
  grown = Add (memory_row, small)
  is_new = Greater (prompt_row, zero)
  told = Where (is_new, prompt_row, grown)
  four = Constant <value = int64[4] {-1,1,1,1}> ()
  told4 = Reshape (told, four)
  map_shape = Constant <value = int64[4] {1,2,3,3}> ()
  maskmem_features = Expand (told4, map_shape)
  half = Constant <value = float[1] {0.5}> ()
  maskmem_pos_enc = Mul (maskmem_features, half)
  pointer_shape = Constant <value = int64[2] {1,4}> ()
  obj_ptr_features = Expand (told, pointer_shape)
}
"""


@pytest.fixture(scope='module')
def network(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Give the network that says which rows its answers are made of."""
    lines = _STUB.splitlines()
    constant = next(line for line in lines if line.startswith('  minus ='))
    lines.remove(constant)
    lines.insert(next(i for i, line in enumerate(lines) if '  boxes =' in line), constant)
    model = parser.parse_model('\n'.join(lines))
    checker.check_model(model)
    path: Path = tmp_path_factory.mktemp('single') / 'stub.onnx'
    onnx.save(model, str(path))
    with open_backend(path, backend='onnxruntime', threads=1) as opened:
        yield opened


def state(**more: Any) -> SingleNetworkState:
    return SingleNetworkState(SIZE, memory=MEMORY, pointer=POINTER, **more)


class Loop:
    """The network, and the state that what it answers goes back to."""

    def __init__(self, network: Backend, made: SingleNetworkState) -> None:
        self.network, self.state = network, made

    def run(self, stamp: int, *, seen: bool = True) -> dict[str, tuple[float, float]]:
        """Return of each object the memory, and the prompt, of which its answer was made."""
        _, answer = self.ask(stamp, seen)
        assert self.state.remember(answer, stamp)
        rows = zip(answer['memory_row'][:, 0], answer['prompt_row'][:, 0], strict=True)
        return {
            name: (round(float(memory), 3), float(prompt))
            for name, (memory, prompt) in zip(self.state.ids, rows, strict=True)
        }

    def ask(self, stamp: int, seen: bool = True) -> tuple[Tensors, Tensors]:
        image = np.full((1, 1), 1 if seen else -1, np.float32)
        given = self.state.tensors(image, stamp)
        assert given is not None
        return given, self.network(given)


def boxes(**named: float) -> AddRequest:
    return AddRequest(list(named), [(x, 1, x + 5, 9) for x in named.values()])


def points(**named: float) -> AddRequest:
    return AddRequest((), (), list(named), [(x, 3) for x in named.values()], [1] * len(named))


def test_the_eight_tensors_are_those_of_isaac_ros(network: Backend) -> None:
    loop = Loop(network, state())
    assert loop.state.tensors(np.zeros((1, 1), np.float32), 0) is None
    request = AddRequest(
        ['b'], [(1, 2, 3, 4)], ['p', 'q', 'p'], [(5, 6), (7, 8), (9, 1)], [1, 1, 0]
    )
    assert loop.state.add(request).message == 'Success'
    given, _ = loop.ask(0)
    assert list(given) == [
        'image', 'original_size', 'mask_memory', 'obj_ptr_memory', 'bbox_coords', 'point_coords',
        'point_labels', 'permutation',
    ]  # fmt: skip
    assert given['original_size'].tolist() == [48, 64]
    assert given['bbox_coords'].tolist() == [[1, 2, 3, 4], [0, 0, 0, 0]]
    assert given['point_coords'][:, :2].tolist() == [
        [[5, 6], [9, 1]], [[7, 8], [0, 0]], [[0, 0], [0, 0]],
    ]  # fmt: skip
    assert given['point_labels'].tolist() == [[1, 0, -1, -1, -1], [1, *[-1] * 4], [-1] * 5]
    # Points come before boxes in the network, and behind them in the answers.
    assert given['permutation'].tolist() == [2, 0, 1]
    kinds = {name: str(given[name].dtype) for name in given}
    assert kinds['original_size'] == kinds['point_labels'] == 'int32'
    assert kinds['permutation'] == 'int64'
    assert given['mask_memory'].shape == (3, 4, *MEMORY)
    assert given['obj_ptr_memory'].shape == (3, 2, POINTER)


def test_a_prompt_is_sent_until_the_object_is_seen(network: Backend) -> None:
    loop = Loop(network, state())
    loop.state.add(boxes(a=10))
    assert loop.run(1, seen=False) == {'a': (0, 10)}
    assert loop.run(2) == {'a': (0, 10)}
    assert loop.run(3) == {'a': (10, -1)}
    given, answer = loop.ask(4)
    # The first frame stays, the last one is taken anew; 10.001 came back of the frame before.
    maps, pointers = given['mask_memory'][0, :, 0, 0, 0], given['obj_ptr_memory'][0, :, 0]
    np.testing.assert_allclose(maps, [10, 5, 10.001, 5.0005], rtol=1e-6)
    np.testing.assert_allclose(pointers, [10, 10.001], rtol=1e-6)
    # Of a frame in which it is not seen nothing is kept.
    loop.state.remember(answer, 4)
    _, hidden = loop.ask(5, seen=False)
    loop.state.remember(hidden, 5)
    given, _ = loop.ask(6)
    np.testing.assert_allclose(given['mask_memory'][0, 2, 0, 0, 0], 10.001, rtol=1e-6)


def test_memories_go_to_their_rows_while_an_earlier_object_is_not_confirmed(
    network: Backend,
) -> None:
    # Isaac ROS sends rows in the order of adding: here b was followed with a's empty memory.
    loop = Loop(network, state())
    loop.state.add(boxes(a=10))
    loop.state.add(boxes(b=20))
    given, answer = loop.ask(1)
    scores = answer['object_score_logits'].copy()
    scores[0] = -1
    loop.state.remember(Tensors({**answer.arrays, 'object_score_logits': scores}), 1)
    given, _ = loop.ask(2)
    assert given['permutation'].tolist() == [1, 0]
    assert given['mask_memory'][:, 0, 0, 0, 0].tolist() == [20, 0]
    assert loop.run(2) == {'a': (0, 10), 'b': (20, -1)}
    assert loop.run(3) == {'a': (10, -1), 'b': (20, -1)}


@pytest.mark.parametrize('seed', range(800_100, 800_108))
def test_each_object_gets_its_own_memory_whatever_happens(network: Backend, seed: int) -> None:
    numbers = np.random.default_rng(seed)
    loop = Loop(network, state(max_num_objects=6))
    own: dict[str, float] = {}
    confirmed: set[str] = set()
    for stamp in range(60):
        if len(own) < 6 and numbers.random() < 0.3:
            name, x = f'o{stamp}', float(1 + stamp % 50)
            loop.state.add((boxes if numbers.random() < 0.5 else points)(**{name: x}))
            own[name] = x
        if own and numbers.random() < 0.15:
            name = str(numbers.choice(list(own)))
            loop.state.remove(name)
            del own[name]
            confirmed.discard(name)
        if not own:
            continue
        _, answer = loop.ask(stamp)
        scores = numbers.choice([-1.0, 1.0], (len(own), 1)).astype(np.float32)
        for index, name in enumerate(loop.state.ids):
            known = name in confirmed
            assert answer['memory_row'][index, 0].round(3) == (own[name] if known else 0)
            assert answer['prompt_row'][index, 0] == (-1 if known else own[name])
            if scores[index] >= 0:
                confirmed.add(name)
        loop.state.remember(Tensors({**answer.arrays, 'object_score_logits': scores}), stamp)


def test_answers_on_the_way_go_to_who_was_asked_for(network: Backend) -> None:
    loop = Loop(network, state())
    loop.state.add(boxes(a=10, b=20, c=30))
    _, answer = loop.ask(1)
    loop.state.remove('a')
    loop.state.remove('b')
    # The same name, another object: what is known of the first is not of it.
    loop.state.add(boxes(b=40))
    assert loop.state.remember(answer, 1)
    assert not loop.state.remember(answer, 1)
    assert loop.run(2) == {'c': (30, -1), 'b': (0, 40)}


def test_only_the_time_of_images_counts(network: Backend) -> None:
    loop = Loop(network, state())
    loop.state.add(boxes(a=10))
    loop.run(1_000_000)
    # A recording starts again.
    assert loop.run(5) == {'a': (10, -1)}
    loop.state.add(points(p=7))
    assert loop.run(6) == {'a': (10, -1), 'p': (0, 7)}
    assert loop.run(7) == {'a': (10, -1), 'p': (7, -1)}


def test_answers_that_never_come_are_forgotten(network: Backend) -> None:
    loop = Loop(network, state())
    loop.state.add(boxes(a=10))
    for stamp in range(200):
        _, answer = loop.ask(stamp)
    assert not loop.state.remember(answer, 3)
    assert len(loop.state._sent) == 64


@pytest.mark.parametrize(
    ('request_', 'message'),
    [
        (AddRequest(['a']), "Number of bbox_object_ids doesn't match number of bbox_coords"),
        (
            AddRequest((), (), ['p'], [], []),
            "Number of point_object_ids doesn't match number of point_coords",
        ),
        (
            AddRequest((), (), ['p'], [(1, 1)], []),
            "Number of point labels doesn't match number of points",
        ),
        (
            AddRequest(['n', 'n'], [(1, 1, 2, 2)] * 2),
            'duplicate bbox_object_id: n exists in point_object_ids or bbox_object_ids',
        ),
        (
            AddRequest(['n'], [(1, 1, 2, 2)], ['n'], [(1, 1)], [1]),
            'duplicate bbox_object_id: n exists in point_object_ids or bbox_object_ids',
        ),
        (boxes(old=3), 'duplicate bbox_object_id: old already exists'),
        (points(old=3), 'duplicate point_object_id: old already exists.'),
        (
            AddRequest((), (), ['p'] * 6, [(1, 1)] * 6, [1] * 6),
            'Number of points for object p exceeds the maximum limit of 5',
        ),
        (boxes(a=1, b=2, c=3), 'Number of objects exceeds the maximum limit of 3'),
        (AddRequest(['n'], [(4, 1, 4, 9)]), 'The box of object n is empty: [4.0, 1.0, 4.0, 9.0]'),
        (
            AddRequest(['n'], [(70, 1, 80, 9)]),
            'The box [70.0, 1.0, 80.0, 9.0] of object n lies outside of the image of 64x48',
        ),
        (
            AddRequest((), (), ['n'], [(3, 48)], [1]),
            'Point (3, 48) of object n lies outside of the image of 64x48',
        ),
    ],
)
def test_requests_are_refused_in_the_words_of_isaac_ros(
    request_: AddRequest, message: str
) -> None:
    made = state(max_num_objects=3)
    assert made.add(boxes(old=2)).object_indices == (0,)
    reply = made.add(request_)
    assert (reply.success, reply.message) == (False, message)
    assert reply.object_ids == reply.object_indices == ()
    assert made.ids == ('old',)


def test_services_answer_with_all_objects() -> None:
    made = state()
    made.add(boxes(a=1, b=2))
    reply = made.add(points(p=3))
    assert (reply.object_ids, reply.object_indices) == (('a', 'b', 'p'), (0, 1, 2))
    reply = made.remove('a')
    assert (reply.object_ids, reply.object_indices) == (('b', 'p'), (0, 1))
    assert (reply.success, reply.message) == (True, 'Success')
    reply = made.remove('a')
    assert (reply.success, reply.message) == (False, 'Failed to remove object')
