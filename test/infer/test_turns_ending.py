"""Turns at a network: what is let go, closing, and threads that are ended from outside."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
import gc
import threading
import weakref

from held_network import given, Held, outcomes, until, WAIT
from isaac_seg_py.errors import BackendError
import pytest


@pytest.fixture
def held() -> Iterator[Held]:
    """Give a network for eight rows."""
    made = Held()
    yield made
    made.close()


@pytest.mark.parametrize('value', [1, -1])
def test_inputs_are_let_go_at_once(held: Held, value: float) -> None:
    # Or the pools, which see who refers to an array, would find none that is free.
    held.go_on.set()
    inputs = given(value)
    array = weakref.ref(inputs['x'])
    gc.disable()
    try:
        with suppress(BackendError):
            held.turns.run(inputs)
        del inputs
        assert array() is None
    finally:
        gc.enable()


def test_closing_waits_for_the_run_under_way(held: Held) -> None:
    (job,) = held.ask(given(1))
    closing = threading.Thread(target=held.turns.close)
    closing.start()
    until(lambda: held.turns._closed)
    with pytest.raises(BackendError, match='closed'):
        held.turns.run(given(2))
    assert closing.is_alive() and not held.network._closed
    held.go_on.set()
    closing.join(WAIT)
    assert held.network._closed
    assert outcomes([job]) == [[10.0]]


class Ended(BaseException):
    """What ends a thread from outside, as KeyboardInterrupt does."""


@pytest.mark.parametrize('is_called', [False, True])
def test_a_turn_is_not_lost_with_who_waited_for_it(
    held: Held, monkeypatch: pytest.MonkeyPatch, is_called: bool
) -> None:
    (first,) = held.ask(given(0))
    wait = threading.Event.wait

    def interrupted(event: threading.Event, timeout: float | None = None) -> bool:
        if threading.current_thread() is not threading.main_thread():
            return wait(event, timeout)
        if is_called:
            held.go_on.set()
            assert wait(event, WAIT)
        raise Ended

    with monkeypatch.context() as patched, pytest.raises(Ended):
        patched.setattr(threading.Event, 'wait', interrupted)
        held.turns.run(given(1))
    held.go_on.set()
    assert outcomes([first]) == [[0.0]]
    assert held.turns.run(given(5))['y'][0, 0] == 50
    assert not held.turns._waiting and not held.turns._running
