"""Turns at a network that several have, and those who wait in one run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import permutations
import logging
import threading
from typing import Any

from held_network import given, Held, outcomes, WAIT
from isaac_seg_py.errors import BackendError, TensorError
from isaac_seg_py.infer import FakeBackend
from isaac_seg_py.infer.turns import Turns
from isaac_seg_py.tensors import TensorSpec
import numpy as np
import pytest


@pytest.fixture
def held() -> Iterator[Held]:
    """Give a network for eight rows."""
    made = Held()
    yield made
    made.close()


@pytest.mark.parametrize('order', list(permutations([(1.0,), (2.0, 3.0), (4.0,)])))
def test_those_who_wait_go_together_and_get_what_they_would_alone(
    held: Held, order: Sequence[tuple[float, ...]]
) -> None:
    jobs = held.ask(given(0), *(given(*values) for values in order))
    held.go_on.set()
    assert outcomes(jobs) == [[0.0], *([10 * value for value in values] for values in order)]
    assert held.runs == [[0.0], [value for values in order for value in values]]


def test_no_more_rows_than_the_most_and_nobody_is_passed_over_by_who_fits() -> None:
    held = Held(most=3)
    jobs = held.ask(given(0), given(1, 2), given(3, 4), given(5), given(6, 7, 8, 9))
    held.go_on.set()
    assert outcomes(jobs)[-1] == [60.0, 70.0, 80.0, 90.0]
    # Who asks for more at once than the most gets it, alone.
    assert held.runs == [[0], [1, 2, 5], [3, 4], [6, 7, 8, 9]]
    held.close()


def test_other_shapes_do_not_mix(held: Held) -> None:
    jobs = held.ask(given(0), given(1), given(2, width=5), given(3), given(4, width=5))
    held.go_on.set()
    assert outcomes(jobs) == [[0.0], [10.0], [20.0], [30.0], [40.0]]
    assert jobs[2].result()['y'].shape == (1, 5)
    assert held.runs == [[0], [1, 3], [2, 4]]


@pytest.mark.parametrize(('most', 'axis'), [(1, 'n'), (8, 1)])
def test_where_they_cannot_go_together_they_take_turns(most: int, axis: int | str) -> None:
    held = Held(most, axis)
    jobs = held.ask(given(0), given(1), given(2))
    held.go_on.set()
    assert outcomes(jobs) == [[0.0], [10.0], [20.0]]
    assert held.runs == [[0], [1], [2]]
    held.close()


def test_an_array_of_a_device_goes_alone(held: Held) -> None:
    class OfDevice:
        shape, ndim = (1, 2), 2

        def __getitem__(self, place: Any) -> Any:
            return np.full((1, 2), 2, np.float32)[place]

        def __rmul__(self, number: int) -> Any:
            return np.full((1, 2), 2 * number, np.float32)

    jobs = held.ask(given(0), given(1), {'x': OfDevice()}, given(3))
    held.go_on.set()
    assert outcomes(jobs) == [[0.0], [10.0], [20.0], [30.0]]
    assert held.runs == [[0], [1, 3], [2]]


def test_who_comes_alone_waits_for_nobody(held: Held) -> None:
    held.go_on.set()
    for value in range(3):
        assert held.turns.run(given(value))['y'][0, 0] == 10 * value
    assert held.runs == [[0], [1], [2]]


def test_an_error_is_for_whose_input_it_is(held: Held) -> None:
    jobs = held.ask(given(0), given(1), given(-1), given(2))
    held.go_on.set()
    assert outcomes(jobs) == [[0.0], [10.0], 'below nothing', [20.0]]
    # They go on together afterwards.
    assert held.turns._joining.most == 8
    with pytest.raises(BackendError, match='below nothing'):
        held.turns.run(given(-3))
    assert held.turns.run(given(4))['y'][0, 0] == 40


def test_a_network_whose_outputs_lack_the_axis_is_found_out_once(
    held: Held, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(held, 'answer', lambda x: 10 * x[:1])
    jobs = held.ask(given(0), given(1), given(2))
    with caplog.at_level(logging.WARNING):
        held.go_on.set()
        assert outcomes(jobs) == [[0.0], [10.0], [20.0]]
    assert 'Set max_batch_size to 1' in caplog.text
    assert held.runs == [[0], [1, 2], [1], [2]]
    assert held.turns._joining.most == 1


def test_as_many_run_at_once_as_the_network_takes() -> None:
    everybody = threading.Barrier(2)
    spec = TensorSpec('x', ('n', 2), np.dtype(np.float32))
    inside, most = 0, 0
    lock = threading.Lock()

    def work(inputs: Any) -> Any:
        nonlocal inside, most
        with lock:
            inside += 1
            most = max(most, inside)
        everybody.wait(WAIT)
        with lock:
            inside -= 1
        return {'y': inputs['x']}

    network = FakeBackend(work, inputs=[spec])
    network.runs_at_once = 2
    turns = Turns(network)
    with ThreadPoolExecutor(8) as threads:
        assert len(list(threads.map(turns.run, [given(1)] * 8))) == 8
    assert most == 2


def test_results_that_are_held_are_not_written_to(
    held: Held, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The network gives views of what lies behind each other.
    monkeypatch.setattr(held, 'answer', lambda x: x)
    kept = []
    for turn in range(5):
        held.runs.clear()
        held.go_on.clear()
        jobs = held.ask(given(turn), given(turn + 0.25), given(turn + 0.5))
        held.go_on.set()
        kept.extend((turn, job.result(WAIT)['y']) for job in jobs)
    assert [array[0, 0] for _, array in kept] == [
        turn + part for turn in range(5) for part in (0, 0.25, 0.5)
    ]


def test_the_bad_output_is_told_with_its_shape() -> None:
    held = Held()
    held.go_on.set()
    held.answer = lambda x: np.float32(1)  # type: ignore[method-assign]
    with pytest.raises(TensorError, match=r'shape \[\] for 2 images'):
        held.turns._joining.run([given(1), given(2)])
    held.close()
