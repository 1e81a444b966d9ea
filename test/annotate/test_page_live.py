"""The page in a real browser: topics, videos, and what goes wrong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
import threading
from typing import Any

from annotate_process import AnnotateProcess
from driven_page import DrivenPage, Keys
from isaac_seg_py import rle
from isaac_seg_py.annotate.server import PageServer
from isaac_seg_py.scenes import Scene
import numpy as np
import pytest
from webdriver import Browser, is_installed, MISSING

pytestmark = pytest.mark.skipif(not is_installed(), reason=MISSING)
Serve = Callable[..., PageServer]


def test_a_topic_is_shown_and_freezes_at_a_click_or_space(
    serve: Serve, browser: Browser, entries: Any
) -> None:
    latest = ['live_0', np.full((96, 128, 3), 120, np.uint8)]
    page = DrivenPage(browser, serve(live=lambda: tuple(latest)).address)
    assert page.text('count') == 'live'
    browser.until("document.getElementById('live').textContent === 'Freeze'")
    latest[:] = 'live_1', np.full((96, 128, 3), 60, np.uint8)
    browser.until(
        "document.getElementById('picture').getContext('2d').getImageData(400, 300, 1, 1).data[0]"
        ' < 80'
    )
    page.click(64, 48)
    latest[:] = 'live_2', np.full((96, 128, 3), 220, np.uint8)
    assert page.text('name') == 'live_1'
    page.keep(1)
    assert page.color(20, 20) == pytest.approx([60] * 3, abs=2)
    browser.press('#live')
    browser.until("document.getElementById('count').textContent === 'live'")
    browser.run('document.activeElement.blur()')
    browser.keys(' ')
    page.shows('2 / 2')
    assert page.text('name') == 'live_2'
    (entry,) = entries()
    assert rle.decode(entry['segmentation'])[48, 64]


def test_an_object_is_followed_until_somebody_stops_it(
    serve: Serve,
    browser: Browser,
    frames: Path,
    clip: list[Scene],
    entries: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server = serve(str(frames), sam='tiny-sam')
    page = DrivenPage(browser, server.address)
    size = (320, 240)
    one = next(iter(clip[0].boxes))
    x1, y1, x2, y2 = clip[0].boxes[one]
    page.drag((x1, y1), ((x1 + x2) / 2, (y1 + y2) / 2), (x2, y2), size=size)
    # What is in work is kept and followed.
    browser.keys('f')
    page.shows('12 / 12')
    page.listed(1)
    followed = entries()
    assert len(followed) == 12 and len({entry['track_id'] for entry in followed}) == 1
    mask, truth = rle.decode(followed[-1]['segmentation']), clip[-1].instances == one
    assert np.count_nonzero(mask & truth) > 0.7 * np.count_nonzero(mask | truth)
    colour = "return document.querySelector('#objects .colour').style.background"
    last = browser.run(colour)
    browser.run("document.getElementById('place').value = 1")
    browser.run("document.getElementById('place').dispatchEvent(new Event('change'))")
    page.shows('1 / 12')
    assert browser.run(colour) == last
    # It is corrected where it is wrong, by clicks beside its box, and followed from there.
    browser.keys(Keys.PAGE_DOWN)
    page.shows('2 / 12')
    browser.press('#objects li button')
    page.click((x1 + x2) / 2, (y1 + y2) / 2, size=size)
    go_on, find = threading.Event(), server.session._tracks.follow

    def waits(picture: int, objects: list[Any]) -> int:
        # It would be over before a browser that is slow has shown that it goes on.
        assert picture < 4 or go_on.wait(60)
        return find(picture, objects)

    monkeypatch.setattr(server.session._tracks, 'follow', waits)
    browser.keys('f')
    browser.until("document.getElementById('follow').textContent === 'Stop'")
    browser.keys(Keys.ESCAPE)
    go_on.set()
    browser.until("document.getElementById('follow').textContent === 'Follow'")
    browser.until("/^Ready/.test(document.getElementById('draft').textContent)")
    assert len(entries()) == 12 and browser.complaints() == []
    # What ends it is said, and stays.
    (frames / 'frame_04.png').write_bytes(b'no picture')
    browser.keys(Keys.HOME)
    page.shows('1 / 12')
    browser.keys('f')
    assert "frame_04.png' is damaged" in page.problem()
    browser.until("/^Ready/.test(document.getElementById('draft').textContent)")
    assert "frame_04.png' is damaged" in page.problem()
    browser.complaints()


def test_what_goes_wrong_is_said_on_the_page(
    serve: Serve, browser: Browser, tmp_path: Path
) -> None:
    server = serve()
    page = DrivenPage(browser, server.address.partition('#')[0] + '#wrong')
    assert 'open the address of the terminal' in page.problem()
    address = f'{server.address.partition("#")[0]}#ticket={server.gate.ticket()}'
    page = DrivenPage(browser, address)
    browser.run('location.reload()')
    page = DrivenPage(browser, address.partition('#')[0])
    # The token is in no address line that somebody may read or send on.
    assert '#' not in browser.run('return location.href')
    (tmp_path / 'marks.json').write_text('{}')
    page.click(64, 48)
    page.browser.press('#keep')
    assert 'changed by another program' in page.problem()
    browser.complaints()


def test_a_picture_that_is_damaged_is_gone_on_from(
    serve: Serve, browser: Browser, photos: Path
) -> None:
    (photos / 'a.png').write_bytes(b'no picture')
    page = DrivenPage(browser, serve().address)
    assert "a.png' is damaged" in page.problem()
    browser.pointer(page.at(64, 48, (128, 96)))
    browser.keys(Keys.PAGE_DOWN)
    page.shows('2 / 3')
    page.click(32, 32, size=(64, 64))
    page.keep(1)
    assert browser.run("return document.getElementById('problem').hidden")
    browser.keys(Keys.PAGE_UP)
    assert "a.png' is damaged" in page.problem()
    assert page.text('name') == '—'
    browser.complaints()


def test_a_server_that_has_ended_is_missed(
    model: str, photos: Path, tmp_path: Path, browser: Browser
) -> None:
    with AnnotateProcess(str(photos), '--model', model, folder=tmp_path) as verb:
        page = DrivenPage(browser, verb.address)
        verb.end()
        page.browser.keys(Keys.PAGE_DOWN)
        assert 'Does isaac-seg annotate still run?' in page.problem()
    browser.complaints()
