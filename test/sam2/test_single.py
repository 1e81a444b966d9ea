"""NVIDIA's single network: the order of its rows, and whose memory goes where."""

from __future__ import annotations

from typing import Any

from isaac_seg_py.families.sam2_requests import AddRequest
from isaac_seg_py.families.sam2_single import SingleNetworkState
from isaac_seg_py.infer import Backend, open_backend
from isaac_seg_py.tensors import Tensors
import numpy as np
import pytest
from sam2_single_network import MEMORY, POINTER, write_single_network
from single_state import boxes, points, state


@pytest.fixture(scope='module')
def network(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Give the network that says which rows its answers are made of."""
    path = write_single_network(tmp_path_factory.mktemp('single') / 'stub.onnx')
    with open_backend(path, backend='onnxruntime', threads=1) as opened:
        yield opened


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
    'name', ['maskmem_features', 'maskmem_pos_enc', 'obj_ptr_features', 'object_score_logits']
)
def test_an_answer_that_is_no_number_is_not_remembered(network: Backend, name: str) -> None:
    loop = Loop(network, state())
    loop.state.add(boxes(a=10, b=20))
    for stamp in (1, 3):
        _, answer = loop.ask(stamp)
        broken = answer[name].copy()
        broken[0] = np.nan
        loop.state.remember(Tensors({**answer.arrays, name: broken}), stamp)
        given, _ = loop.ask(stamp + 1)
        # Shown again until it is seen, or followed with what was known before.
        assert given['permutation'].tolist() == ([1, 0] if stamp == 1 else [0, 1])
        assert np.isfinite(given['mask_memory']).all()
        assert np.isfinite(given['obj_ptr_memory']).all()
        loop.run(stamp + 1)
