"""The page in a real browser: a person clicks, drags and types, and the file says it."""

from __future__ import annotations

from collections.abc import Callable
import time
from typing import Any

from driven_page import DrivenPage, Keys
from isaac_seg_py import rle
from isaac_seg_py.annotate.server import PageServer
import numpy as np
import pytest
from webdriver import is_installed, MISSING

pytestmark = pytest.mark.skipif(not is_installed(), reason=MISSING)
Serve = Callable[..., PageServer]


def eventually(look: Callable[[], Any], wanted: Any) -> None:
    """Wait until the file says what is wanted: the page shows it a little earlier."""
    end = time.monotonic() + 30
    while look() != wanted and time.monotonic() < end:
        time.sleep(0.02)
    assert look() == wanted


def test_a_click_shows_a_mask_and_enter_keeps_it(page: DrivenPage, entries: Any) -> None:
    assert page.color(70, 48) == [0, 0, 0]
    page.click(64, 48)
    assert max(page.color(72, 52)) > 50 and page.color(20, 20) == [0, 0, 0]
    assert 'score 0.80' in page.text('draft') and 'ms' in page.text('draft')
    page.keep(1)
    (entry,) = entries()
    mask = rle.decode(entry['segmentation'])
    assert mask[48, 64] and mask.sum() == pytest.approx(np.pi * 16**2, rel=0.05)
    (point,) = entry['isaac_seg']['clicks']['points']
    assert point == pytest.approx([64, 48], abs=0.2)
    assert 'marks.json' in page.text('saved')


@pytest.mark.parametrize(
    'how', [{'button': 2}, {'holding': Keys.ALT}, {'holding': Keys.SHIFT}, {}], ids=str
)
def test_a_click_beside_the_object_takes_away(
    page: DrivenPage, entries: Any, how: dict[str, Any]
) -> None:
    page.click(64, 48)
    before = page.color(74, 50)
    if not how:
        page.browser.press("input[name=sign][value='0']")
    page.click(74, 48, **how)
    page.browser.until("document.getElementById('draft').textContent.includes('score 0.90')")
    assert max(before) > 50 and page.color(70, 50) == [0, 0, 0]
    page.keep(1)
    assert entries()[0]['isaac_seg']['clicks']['labels'] == [1, 0]


def test_a_drag_is_a_box_from_any_corner_and_beyond_the_edge(
    page: DrivenPage, entries: Any
) -> None:
    page.drag((50, 60), (30, 40), (10, 20))
    page.keep(1)
    assert entries()[0]['isaac_seg']['clicks']['box'] == pytest.approx([10, 20, 50, 60], abs=0.2)
    page.drag((100, 50), (120, 70), (150, 80))
    page.keep(2)
    box = entries()[1]['isaac_seg']['clicks']['box']
    assert box == pytest.approx([100, 50, 128, 80], abs=0.2)


def test_clicks_are_taken_back_and_forgotten(page: DrivenPage, entries: Any) -> None:
    page.click(30, 48)
    page.click(90, 48)
    page.browser.until("document.getElementById('draft').textContent.includes('score 0.90')")
    assert max(page.color(95, 52)) > 50
    page.browser.keys('z')
    page.browser.until("document.getElementById('draft').textContent.includes('score 0.80')")
    assert page.color(95, 52) == [0, 0, 0] and max(page.color(35, 52)) > 50
    page.browser.press('#undo')
    page.browser.until("document.getElementById('keep').disabled")
    assert page.color(35, 52) == [0, 0, 0]
    page.click(30, 48)
    page.browser.keys(Keys.ESCAPE)
    assert page.color(35, 52) == [0, 0, 0]
    page.click(64, 48)
    page.keep(1)
    assert len(entries()[0]['isaac_seg']['clicks']['points']) == 1


def test_classes_and_names_are_chosen(page: DrivenPage, entries: Any) -> None:
    page.browser.keys('2')
    page.click(64, 48)
    page.keep(1)
    page.browser.type('#category-name', 'tree')
    page.browser.press('#new-category button')
    page.browser.until("document.querySelectorAll('#category-list input')[2]?.checked")
    page.click(20, 20)
    page.keep(2)
    assert [one['category_id'] for one in entries()] == [2, 3]
    assert [one['isaac_seg']['name'] for one in entries()] == ['person 1', 'tree 2']
    page.browser.type('#objects li:nth-child(2) input', f' by the road{Keys.ENTER}')
    page.browser.type('#objects li:nth-child(1) select', 'car')
    page.browser.until("document.querySelector('#objects input').value === 'car 1'")
    names = ['car 1', 'tree 2 by the road']
    eventually(lambda: [one['isaac_seg']['name'] for one in entries()], names)
    assert entries()[0]['category_id'] == 1


def test_who_types_is_not_disturbed(page: DrivenPage, entries: Any) -> None:
    page.click(30, 48)
    page.keep(1)
    page.click(90, 20)
    page.keep(2)
    page.browser.press('#objects li:nth-child(1) select')
    page.browser.type('#objects li:nth-child(2) input', '!')
    # The list changes while the field is typed into.
    page.browser.run(
        "const s = document.querySelector('#objects select'); s.value = 2;"
        "s.dispatchEvent(new Event('change'));"
    )
    page.browser.until("document.querySelector('#objects input').value === 'person 1'")
    page.browser.keys('?', Keys.ENTER)
    eventually(lambda: [one['isaac_seg']['name'] for one in entries()], ['person 1', 'car 2!?'])
    assert not page.browser.run("return document.querySelector('dialog').open")


def test_objects_are_edited_deleted_and_brought_back(page: DrivenPage, entries: Any) -> None:
    page.click(30, 48)
    page.keep(1)
    page.click(90, 20)
    page.keep(2)
    page.browser.press('#objects li:nth-child(1) button')
    page.click(50, 48)
    page.keep(2)
    eventually(lambda: [len(one['isaac_seg']['clicks']['points']) for one in entries()], [2, 1])
    page.browser.press('#objects li:nth-child(2) button:last-child')
    page.listed(1)
    assert len(entries()) == 1
    page.browser.press('#objects li:nth-child(1) button')
    page.browser.keys(Keys.DELETE)
    page.listed(0)
    assert entries() == []
    page.browser.keys('z')
    page.listed(1)
    page.browser.keys('z')
    page.listed(2)
    assert sorted(one['id'] for one in entries()) == [1, 2]


def test_going_on_keeps_what_was_begun_and_finds_it_again(page: DrivenPage, entries: Any) -> None:
    page.click(64, 48)
    page.browser.keys(Keys.PAGE_DOWN)
    page.shows('2 / 3')
    assert len(entries()) == 1 and page.text('name') == 'b'
    page.listed(0)
    page.click(32, 32, size=(64, 64))
    page.browser.press('#next')
    page.shows('3 / 3')
    assert page.browser.run("return document.getElementById('next').disabled")
    page.browser.keys(Keys.PAGE_UP, Keys.PAGE_UP)
    page.browser.until("document.querySelectorAll('#objects .colour').length === 1")
    page.browser.keys(Keys.PAGE_UP)
    page.shows('1 / 3')
    assert max(page.color(72, 52)) > 50
    assert [one['image_id'] for one in entries()] == [1, 2]


def test_a_place_is_the_same_at_any_zoom(page: DrivenPage, entries: Any) -> None:
    place = page.at(100, 30, (128, 96))
    page.browser.wheel(place, -600)
    page.browser.pointer(place)
    page.answered()
    page.keep(1)
    start = page.at(64, 48, (128, 96))
    page.browser.pointer(start, (start[0] + 30, start[1]), (start[0] + 60, start[1] + 40),
                         holding=Keys.CONTROL)  # fmt: skip
    page.browser.pointer((place[0] + 60, place[1] + 40))
    page.answered()
    page.keep(2)
    for entry in entries():
        assert entry['isaac_seg']['clicks']['points'] == [pytest.approx([100, 30], abs=0.3)]
    page.browser.keys('0')
    page.click(20, 20)
    page.keep(3)
    assert entries()[2]['isaac_seg']['clicks']['points'] == [pytest.approx([20, 20], abs=0.3)]


def test_hasty_clicks_end_in_the_mask_of_all_of_them(page: DrivenPage, entries: Any) -> None:
    for place in range(10):
        page.browser.pointer(page.at(10 + 12 * place, 48, (128, 96)))
    page.browser.keys(Keys.PAGE_DOWN)
    page.shows('2 / 3')
    (entry,) = entries()
    assert len(entry['isaac_seg']['clicks']['points']) == 10
    assert entry['bbox'][2] > 110
