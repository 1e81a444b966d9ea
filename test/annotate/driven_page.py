"""The annotation page in a browser: what a person does on it, and what stands on it then."""

from __future__ import annotations

from typing import Any

from webdriver import Browser

DESKTOP, PHONE = (1280, 800), (390, 844)


class Keys:
    """What WebDriver calls the keys that write nothing."""

    ENTER, ESCAPE, DELETE, SHIFT, CONTROL, ALT = '\ue007\ue00c\ue017\ue008\ue009\ue00a'
    PAGE_UP, PAGE_DOWN, END, HOME, LEFT, UP, RIGHT = '\ue00e\ue00f\ue010\ue011\ue012\ue013\ue014'


class DrivenPage:
    """Counts places in pixels of the picture, which is shown whole."""

    def __init__(self, browser: Browser, address: str, size: tuple[int, int] = DESKTOP) -> None:
        """Open the page and wait until a picture is ready, or something else is said."""
        self.browser = browser
        browser.complaints()
        browser.open(address, size)
        browser.until(
            "/^Ready|^Click, or/.test(document.getElementById('draft').textContent)"
            " || !document.getElementById('problem').hidden"
        )

    def text(self, id: str) -> str:  # noqa: A002
        """Return what an element says."""
        return str(self.browser.run(f"return document.getElementById('{id}').textContent"))

    def problem(self) -> str:
        """Wait for an error in words; return it."""
        self.browser.until("!document.getElementById('problem').hidden")
        return self.text('problem')

    def at(self, x: float, y: float, size: tuple[int, int]) -> tuple[float, float]:
        """Return where a pixel's place of a picture of (width, height) is in the window."""
        left, top, width, height = self.browser.run(
            "const r = document.getElementById('picture').getBoundingClientRect();"
            'return [r.left, r.top, r.width, r.height]'
        )
        scale = min(width / size[0], height / size[1])
        return (
            left + (width - size[0] * scale) / 2 + x * scale,
            top + (height - size[1] * scale) / 2 + y * scale,
        )

    def click(self, x: float, y: float, size: tuple[int, int] = (128, 96), **how: Any) -> None:
        """Click on the picture and wait for the mask."""
        self.browser.pointer(self.at(x, y, size), **how)
        self.answered()

    def drag(self, *places: tuple[float, float], size: tuple[int, int] = (128, 96)) -> None:
        """Drag over the picture and wait for the mask."""
        self.browser.pointer(*(self.at(x, y, size) for x, y in places))
        self.answered()

    def answered(self) -> None:
        """Wait until the mask of the latest clicks is there."""
        self.browser.until("document.getElementById('draft').textContent.includes('score')")

    def keep(self, count: int) -> None:
        """Press Enter, and wait until so many objects are listed."""
        self.browser.keys(Keys.ENTER)
        self.listed(count)

    def listed(self, count: int) -> None:
        """Wait until so many objects are listed."""
        self.browser.until(f"document.querySelectorAll('#objects .colour').length === {count}")

    def shows(self, count: str) -> None:
        """Wait until the picture of that place is ready, as in '2 / 3'."""
        self.browser.until(
            f"document.getElementById('count').textContent === '{count}'"
            " && /^Ready/.test(document.getElementById('draft').textContent)"
        )

    def color(self, x: float, y: float, size: tuple[int, int] = (128, 96)) -> list[int]:
        """Return red, green and blue of the canvas at a place of the picture, once painted."""
        at_x, at_y = self.at(x, y, size)
        found = self.browser.run(
            "const c = document.getElementById('picture'), r = c.getBoundingClientRect();"
            'return new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => '
            f"done([...c.getContext('2d').getImageData({at_x} - r.left, {at_y} - r.top, 1, 1)"
            '.data]))))'
        )
        return [int(value) for value in found[:3]]
