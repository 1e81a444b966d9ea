"""The page in a real browser serves who has no mouse, no large screen, or cannot see it."""

from __future__ import annotations

from collections.abc import Callable
import json
from typing import Any

from driven_page import DrivenPage, Keys, PHONE
from isaac_seg_py import rle
from isaac_seg_py.annotate.server import PageServer
import numpy as np
import pytest
from webdriver import Browser, is_installed, MISSING

pytestmark = pytest.mark.skipif(not is_installed(), reason=MISSING)
Serve = Callable[..., PageServer]


def test_the_keyboard_is_enough(page: DrivenPage, entries: Any) -> None:
    page.browser.run("document.getElementById('picture').focus()")
    page.browser.keys(*[Keys.LEFT] * 3)
    page.browser.keys(Keys.RIGHT, Keys.UP, holding=Keys.SHIFT)
    page.browser.keys('x')
    page.answered()
    page.browser.keys(Keys.RIGHT, 'n')
    page.browser.until("document.getElementById('draft').textContent.includes('score 0.90')")
    page.keep(1)
    clicks = entries()[0]['isaac_seg']['clicks']
    assert clicks == {'points': [[78, 28], [80, 28]], 'labels': [1, 0], 'box': None}


def test_every_control_has_a_name_for_who_cannot_see_it(page: DrivenPage) -> None:
    page.click(64, 48)
    page.keep(1)
    call = page.browser.call
    controls = call(
        'POST', '/elements',
        {'using': 'css selector', 'value': 'button, input, select, canvas, [role=alert]'},
    )  # fmt: skip
    shown = [one for each in controls for one in each.values()]
    named = [one for one in shown if call('GET', f'/element/{one}/displayed')]
    assert len(named) > 20
    for one in named:
        label = call('GET', f'/element/{one}/computedlabel')
        assert label.strip(), call('GET', f'/element/{one}/property/outerHTML')


def test_help_opens_and_keys_wait_until_it_is_closed(page: DrivenPage) -> None:
    page.browser.keys('?')
    page.browser.until("document.querySelector('dialog').open")
    page.browser.keys(Keys.PAGE_DOWN)
    assert page.text('count') == '1 / 3'
    page.browser.keys(Keys.ESCAPE)
    page.browser.until("!document.querySelector('dialog').open")
    page.browser.keys(Keys.PAGE_DOWN)
    page.shows('2 / 3')


def test_a_phone_is_wide_enough_and_a_finger_clicks(
    serve: Serve, browser: Browser, entries: Any
) -> None:
    page = DrivenPage(browser, serve().address, PHONE)
    assert browser.run('return innerWidth') == PHONE[0]
    assert browser.run('return document.documentElement.scrollWidth') <= PHONE[0]
    page.click(64, 48, kind='touch')
    browser.press('#keep')
    page.listed(1)
    assert rle.decode(entries()[0]['segmentation'])[48, 64]


def test_run_lengths_are_read_as_python_writes_them(
    page: DrivenPage, random_numbers: np.random.Generator
) -> None:
    for size, spread in (((7, 5), 2), ((96, 128), 30), ((300, 2000), 2000), ((1, 1), 2)):
        flat = np.zeros(size[0] * size[1], np.bool_)
        at, inside = 0, bool(random_numbers.integers(2))
        while at < flat.size:
            end = at + int(random_numbers.integers(1, spread))
            flat[at:end] = inside
            at, inside = end, not inside
        packed = rle.encode(flat.reshape(size[::-1]).T)
        text = json.dumps(packed['counts'])
        runs = page.browser.run(f"return import('/masks.js').then((m) => m.runsOf({text}))")
        read = np.repeat(np.arange(len(runs)) % 2 == 1, runs)
        np.testing.assert_array_equal(read, flat)
