"""What `make soak` does in minutes, once: each trouble, and every message accounted for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
import random
from typing import Any

import numpy as np
import pytest

from bench.soak.course import judged
from bench.soak.rig import image_of, Rig
from bench.soak.troubles import begin_anew, TROUBLES
from bench.soak.vital_signs import Signs

pytestmark = [pytest.mark.ros, pytest.mark.alone]


@pytest.fixture
def rig(request: pytest.FixtureRequest) -> Iterator[Rig]:
    """Give a running graph by its name."""
    with Rig(request.param) as made:
        yield made


@pytest.mark.parametrize(
    'rig', ['unet', 'segnet', 'segment_anything', 'segment_anything2'], indirect=True
)
def test_no_trouble_makes_a_message_disappear(rig: Rig) -> None:
    chance = random.Random(3)
    for number, trouble in enumerate([*TROUBLES, *TROUBLES]):
        rig.send_picture(number)
        trouble(rig, chance)
        rig.send_picture(number)
    rig.settle()
    assert rig.unexplained() == 0
    assert rig.delivered > 3
    before = rig.delivered
    rig.send_picture(1)
    rig.wait(lambda: rig.delivered > before, 'a mask after all troubles')


@pytest.mark.parametrize('rig', ['unet', 'segnet'], indirect=True)
def test_a_message_that_disappears_is_found(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    rig.send_picture(0)
    rig.settle()
    assert rig.unexplained() == 0
    monkeypatch.setattr(rig.chain[0].stats, 'drop', lambda *_, **__: None)
    message = image_of(rig.pictures[0][0])
    message.step = 1
    rig.send('image', message)
    rig.wait(lambda: rig.chain[0].stats.summary().received == sum(rig.sent.values()), 'receipt')
    assert rig.unexplained() == 1


@pytest.mark.parametrize('rig', ['segnet'], indirect=True)
def test_a_node_that_is_set_up_anew_keeps_nothing_of_what_it_had(rig: Rig) -> None:
    chance = random.Random(4)
    held = []
    for _ in range(4):
        begin_anew(rig, chance)
        held.append(sum(len(node.default_callback_group.entities) for node in rig.chain))
    # rclpy itself would keep what each of them had before.
    assert held[-1] <= held[1]


def test_what_leaks_is_told() -> None:
    start = Signs.take()
    if start.used is None:
        pytest.skip('the C library does not tell what it has given out')
    assert Signs.take().worse_than(start, 0.01) == []
    # Not even touched: it is given out, and that counts.
    kept: list[Any] = [np.empty(start.rss // 40, np.uint8)]
    (said,) = Signs.take().worse_than(start, 0.01)
    assert said.startswith('what is allocated grew by 2')
    kept[:] = [object() for _ in range(start.objects // 10)]
    assert any('objects grew' in said for said in Signs.take().worse_than(start, 0.01))


def test_a_short_soak_judges_messages_and_no_memory() -> None:
    start = Signs(10**8, 10**7, 10**5, None, 9, 9)
    grown = replace(start, rss=2 * 10**8)
    good, words = judged(start, grown, 0, rounds=2)
    assert (good, words[:35]) == (True, 'pass; too short to judge memory: no')
    assert judged(start, grown, 4, rounds=2)[0] is False
    assert judged(start, grown, 0, rounds=3) == (False, 'memory grew by 100.0% (5% may be)')
    assert judged(start, start, 0, rounds=3) == (True, 'pass: +0.00% of memory')
