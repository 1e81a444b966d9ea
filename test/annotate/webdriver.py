"""A browser that is driven over WebDriver, which is HTTP and JSON: chromium with chromedriver."""

from __future__ import annotations

import base64
import contextlib
import json
import os
from pathlib import Path
import shutil
import subprocess
import time
from typing import Any
import urllib.error
import urllib.request

ELEMENT = 'element-6066-11e4-a52e-4f735466cecf'
MISSING = 'chromium and chromedriver are not installed: apt install chromium chromium-driver'
FLAGS = (
    '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
    '--disable-background-networking', '--disable-component-update', '--disable-sync',
    '--disable-dev-shm-usage', '--force-device-scale-factor=1',
)  # fmt: skip


def is_installed() -> bool:
    """Say whether both programs are here."""
    return bool(_browser() and shutil.which('chromedriver'))


def _browser() -> str:
    found = (shutil.which(name) for name in ('chromium', 'google-chrome'))
    return next(filter(None, found), '')


class Browser(contextlib.AbstractContextManager['Browser']):
    """One headless browser with an empty profile."""

    def __init__(self, profile: Path) -> None:
        """Start the driver, which chooses a port, and the browser."""
        profile.mkdir(exist_ok=True)
        self._driver = subprocess.Popen(
            ['chromedriver', '--port=0'],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            # What either of them leaves behind goes with the profile.
            env={**os.environ, 'TMPDIR': str(profile)},
        )
        assert self._driver.stdout is not None
        line = next(one for one in self._driver.stdout if 'started successfully on port' in one)
        self._base = f'http://127.0.0.1:{line.strip().rstrip(".").rpartition(" ")[2]}/session'
        options = {'binary': _browser(), 'args': [*FLAGS, f'--user-data-dir={profile}']}
        wanted = {'goog:chromeOptions': options, 'goog:loggingPrefs': {'browser': 'ALL'}}
        answer = self.call('POST', '', {'capabilities': {'alwaysMatch': wanted}})
        self._base += f'/{answer["sessionId"]}'

    def __exit__(self, *_: object) -> None:
        """End the browser and the driver."""
        with contextlib.suppress(OSError):
            self.call('DELETE', '')
        self._driver.terminate()
        self._driver.wait(20)
        if self._driver.stdout is not None:
            self._driver.stdout.close()

    def call(self, method: str, path: str, fields: Any = None) -> Any:
        """Send one command; return its value."""
        body = json.dumps({} if fields is None else fields).encode()
        request = urllib.request.Request(
            self._base + path, body if method == 'POST' else None, method=method,
            headers={'Content-Type': 'application/json'},
        )  # fmt: skip
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.loads(answer.read())['value']
        except urllib.error.HTTPError as error:
            with error:
                raise AssertionError(json.loads(error.read())['value']['message']) from None

    def open(self, address: str, size: tuple[int, int]) -> None:
        """Open a page of (width, height), without the frame of the window."""
        self.call('POST', '/url', {'url': 'about:blank'})
        width, height = size
        self.call('POST', '/window/rect', {'width': width, 'height': height})
        inner = self.run('return [innerWidth, innerHeight]')
        more = {'width': 2 * width - inner[0], 'height': 2 * height - inner[1]}
        self.call('POST', '/window/rect', more)
        self.call('POST', '/url', {'url': address})

    def run(self, script: str) -> Any:
        """Return what a piece of JavaScript returns."""
        return self.call('POST', '/execute/sync', {'script': script, 'args': []})

    def until(self, script: str, seconds: float = 30) -> Any:
        """Wait until an expression of JavaScript is true; return it."""
        end = time.monotonic() + seconds
        while not (found := self.run(f'return {script}')):
            assert time.monotonic() < end, f'{script} stays {found!r}; the page says: ' + self.run(
                'return document.body.innerText'
            )
            time.sleep(0.02)
        return found

    def find(self, selector: str) -> str:
        """Return the handle of an element."""
        found = self.call('POST', '/element', {'using': 'css selector', 'value': selector})
        return str(found[ELEMENT])

    def press(self, selector: str) -> None:
        """Click on an element, as a person does."""
        self.call('POST', f'/element/{self.find(selector)}/click')

    def type(self, selector: str, text: str) -> None:
        """Type into an element."""
        self.call('POST', f'/element/{self.find(selector)}/value', {'text': text})

    def keys(self, *keys: str, holding: str = '') -> None:
        """Press keys one after the other, wherever the focus is."""
        steps = [{'type': kind, 'value': key} for key in keys for kind in ('keyDown', 'keyUp')]
        if holding:
            steps = [
                {'type': 'keyDown', 'value': holding}, *steps, {'type': 'keyUp', 'value': holding},
            ]  # fmt: skip
        self._act([{'type': 'key', 'id': 'keys', 'actions': steps}])

    def pointer(
        self, *places: tuple[float, float], button: int = 0, kind: str = 'mouse', holding: str = ''
    ) -> None:
        """Press at the first place of the window, move over the others, and let go."""
        moves = [
            {'type': 'pointerMove', 'duration': 0, 'x': round(x), 'y': round(y)} for x, y in places
        ]
        down, up = ({'type': f'pointer{way}', 'button': button} for way in ('Down', 'Up'))
        steps = [moves[0], down, *moves[1:], up]
        acts: list[Any] = [
            {'type': 'pointer', 'id': kind, 'parameters': {'pointerType': kind}, 'actions': steps}
        ]
        if holding:
            waits = [{'type': 'pause', 'duration': 0}] * (len(steps) - 1)
            held = [{'type': 'keyDown', 'value': holding}, *waits]
            acts.append({'type': 'key', 'id': 'keys', 'actions': held})
        self._act(acts)
        self.call('DELETE', '/actions')

    def wheel(self, place: tuple[float, float], down: int) -> None:
        """Turn the wheel at a place of the window."""
        step = {'type': 'scroll', 'x': round(place[0]), 'y': round(place[1]), 'deltaX': 0,
                'deltaY': down, 'duration': 0, 'origin': 'viewport'}  # fmt: skip
        self._act([{'type': 'wheel', 'id': 'wheel', 'actions': [step]}])

    def complaints(self) -> list[str]:
        """Return the errors that the browser's console told since the last time."""
        told = self.call('POST', '/se/log', {'type': 'browser'})
        return [one['message'] for one in told if one['level'] == 'SEVERE']

    def picture(self) -> bytes:
        """Return the window as a PNG."""
        return base64.b64decode(self.call('GET', '/screenshot'))

    def _act(self, actions: list[Any]) -> None:
        self.call('POST', '/actions', {'actions': actions})
