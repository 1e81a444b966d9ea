"""What `make soak` does in minutes, once: each trouble, and every message accounted for."""

from __future__ import annotations

from collections.abc import Iterator
import random

import pytest

from bench.soak.rig import image_of, Rig
from bench.soak.troubles import TROUBLES

pytestmark = pytest.mark.ros


@pytest.fixture
def rig(request: pytest.FixtureRequest) -> Iterator[Rig]:
    """Give a running graph by its name."""
    with Rig(request.param) as made:
        yield made


@pytest.mark.parametrize('rig', ['unet', 'segnet', 'segment_anything'], indirect=True)
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
    monkeypatch.setattr(rig.chain[0].stats, 'drop', lambda *_: None)
    message = image_of(rig.pictures[0][0])
    message.step = 1
    rig.send('image', message)
    rig.wait(lambda: rig.chain[0].stats.summary().received == sum(rig.sent.values()), 'receipt')
    assert rig.unexplained() == 1
