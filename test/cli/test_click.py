"""`isaac-seg click`: what clicks and keys do, by a script, without a window."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
import json
from pathlib import Path
import time
from typing import Any

import cv2
from isaac_seg_py import rle
from isaac_seg_py.cli.click_desk import ClickDesk
from isaac_seg_py.cli.click_pictures import ClickOutputs
from isaac_seg_py.cli.click_script import ClickScript
from isaac_seg_py.cli.click_window import ClickWindow
from isaac_seg_py.cli.main import main
from isaac_seg_py.errors import ConfigError
from isaac_seg_py.evaluation.prompted import overlap
from isaac_seg_py.frames import Frame
from isaac_seg_py.media import read_frames, write_image
from isaac_seg_py.polygons import deepest
from isaac_seg_py.scenes import make_video
from isaac_seg_py.track.tracker import VideoTracker
import numpy as np
import pytest
from sam2_color_networks import write_color_networks

Capture = pytest.CaptureFixture[str]
SEED = 810_007
RED, GREEN = (255, 0, 0), (0, 255, 0)
BOXES = {RED: (8, 6, 24, 18), GREEN: (40, 26, 56, 38)}
ON_RED, ON_GREEN, BESIDE = (16, 12), (48, 32), (2, 44)


@pytest.fixture(scope='module')
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Give networks that follow the colour below a click."""
    return str(write_color_networks(tmp_path_factory.mktemp('colours')))


@pytest.fixture(scope='module')
def opened(model: str) -> Iterator[VideoTracker]:
    """Give the networks, opened once."""
    with VideoTracker.open(model, backend='onnxruntime', threads=1) as tracker:
        yield tracker


def picture() -> np.ndarray:
    """Draw a red and a green box on black."""
    image = np.zeros((48, 64, 3), np.uint8)
    for color, (left, top, right, bottom) in BOXES.items():
        image[top:bottom, left:right] = color
    return image


def frame(number: int = 0) -> Frame:
    """Return a picture as a source gives it."""
    return Frame(f'frame_{number}', picture(), 0.0, Path('film.mp4'))


class Saved(list[str]):
    """Notes the pictures that are to be saved."""

    def __call__(self, frame: Frame, found: Any) -> str:
        """Note one."""
        self.append(frame.name)
        return frame.name


@pytest.fixture
def saved() -> Saved:
    """Give the list of what is saved."""
    return Saved()


@pytest.fixture
def desk(opened: VideoTracker, saved: Saved) -> ClickDesk:
    """Give a desk that has taken a first picture."""
    opened.clear()
    made = ClickDesk(opened, 10.0, saved)
    made.take(frame())
    return made


def click(desk: ClickDesk, place: tuple[int, int], *, is_object: bool = True) -> None:
    """Click on a place."""
    desk.move(*place)
    desk.click(is_object=is_object)


def places(desk: ClickDesk) -> dict[str, str]:
    """Return where each object is."""
    assert desk.found is not None
    found = {}
    for one in desk.found.to_json()['objects']:
        near = [
            name
            for name, color in (('red', RED), ('green', GREEN))
            if np.abs(np.subtract(one['box'], BOXES[color])).max() <= 3
        ]
        found[one['id']] = near[0] if near else 'nowhere'
    return found


def test_a_click_makes_an_object_and_n_asks_for_another(desk: ClickDesk) -> None:
    assert places(desk) == {}
    click(desk, ON_RED)
    assert places(desk) == {'object_1': 'red'}
    click(desk, (14, 10))
    assert places(desk) == {'object_1': 'red'}
    desk.key('n')
    click(desk, ON_GREEN)
    assert places(desk) == {'object_1': 'red', 'object_2': 'green'}
    assert desk.objects_made == 2
    desk.take(frame(1))
    assert places(desk) == {'object_1': 'red', 'object_2': 'green'}, 'they are followed'


def test_clicks_correct_the_object_and_stand_in_the_json(desk: ClickDesk) -> None:
    click(desk, BESIDE, is_object=False)
    assert 'no object to correct' in desk.state
    click(desk, ON_RED)
    click(desk, BESIDE, is_object=False)
    assert desk.found is not None
    (told,) = desk.found.to_json()['objects']
    assert told['clicks'] == {
        'points': [[16.5, 12.5], [2.5, 44.5]], 'labels': [1, 0], 'box': None
    }  # fmt: skip
    overlay = ClickOutputs(('overlay',), 0.5, json=True).picture('overlay', frame(), desk.found)
    ring = overlay[BESIDE[1], BESIDE[0] + 2].astype(int)
    assert ring[0] > 150 > ring[1], 'red is drawn where nothing was'
    desk.take(frame(1))
    assert desk.found.to_json()['objects'][0].get('clicks') is None, 'the next one had none'
    click(desk, (16, 99))
    assert 'outside of the image' in desk.state
    assert places(desk) == {'object_1': 'red'}


def test_keys_for_what_is_under_the_mouse(desk: ClickDesk) -> None:
    click(desk, ON_RED)
    desk.key('n')
    click(desk, ON_GREEN)
    desk.move(*ON_RED)
    desk.key('a')
    assert 'clicks correct object_1' in desk.state
    desk.move(*BESIDE)
    desk.key('d')
    assert 'no object is under the mouse' in desk.state
    desk.move(*ON_RED)
    desk.key('d')
    assert places(desk) == {'object_2': 'green'}
    click(desk, ON_RED)
    assert places(desk) == {'object_2': 'green', 'object_3': 'red'}, 'nothing was active'
    desk.key('c')
    assert places(desk) == {}


def test_keys_that_save_pause_and_end(desk: ClickDesk, saved: Saved) -> None:
    desk.key('s')
    assert saved == ['frame_0']
    assert 'saved as frame_0' in desk.state
    desk.key(' ')
    assert desk.paused
    assert 'paused' in desk.state
    desk.key(' ')
    desk.key('x')
    assert not desk.paused
    assert not desk.done
    desk.key('q')
    assert desk.done


def test_ctrl_c_ends_what_is_paused(opened: VideoTracker, saved: Saved) -> None:
    desk = ClickDesk(opened, 10.0, saved, stopped=lambda: True)
    assert desk.done


def test_a_script_follows_the_objects_of_a_scene(tmp_path: Path, capsys: Capture) -> None:
    film = make_video(SEED, frames=6)
    numbers = [number for number in film[0].boxes if np.sum(film[0].instances == number) > 2000]
    lines = ['# the larger ones', '']
    for number in numbers:
        x, y = deepest(film[0].instances == number)
        lines += [f'0 click {x},{y} left', '0 key n']
    script = tmp_path / 'clicks.txt'
    script.write_text('\n'.join([*lines, '3 key s', '5 key q', '9 key c']))
    out = tmp_path / 'out'
    words = ['--script', str(script), '--threads', '1']
    assert main(['click', f'scene:{SEED}', str(out), *words]) == 0
    said = capsys.readouterr()
    assert f'{len(numbers)} objects by clicks in 6 pictures' in said.out
    assert "'9 key c': no such picture came" in said.err
    told = [json.loads(line) for line in (out / f'scene_{SEED}.jsonl').read_text().splitlines()]
    assert len(told) == len(film)
    for index, number in enumerate(numbers):
        shares = [
            overlap(rle.decode(one['objects'][index]['rle']), scene.instances == number)
            for one, scene in zip(told, film, strict=True)
        ]
        assert np.mean(shares) >= 0.7
        assert min(shares) >= 0.5
    seen = [one.image for one in read_frames(str(out / f'scene_{SEED}_overlay.mp4'))]
    assert len(seen) == len(film)
    name = f'scene_{SEED}_000003'
    assert {file.name for file in (out / 'saved').iterdir()} == {
        f'{name}_mask.png', f'{name}_overlay.png', f'{name}.json'
    }  # fmt: skip
    labels = cv2.imread(str(out / 'saved' / f'{name}_mask.png'), cv2.IMREAD_UNCHANGED)
    assert set(np.unique(labels)) == {0, *range(1, len(numbers) + 1)}
    assert main(['click', f'scene:{SEED}', str(out), *words]) == 2
    assert 'files are there already' in capsys.readouterr().err


def test_pictures_of_a_folder_are_one_film(model: str, tmp_path: Path, capsys: Capture) -> None:
    folder, script = tmp_path / 'pictures', tmp_path / 'clicks.txt'
    folder.mkdir()
    for number in range(4):
        write_image(folder / f'{number}.png', picture())
    script.write_text('1 click 16,12\n1 key space\n1 key n\n1 key space\n2 key d 2,44\n')
    out = tmp_path / 'out'
    words = ['--model', model, '--threads', '1', '--count', '3', '--script', str(script)]
    (out / 'saved').mkdir(parents=True)
    assert main(['click', str(folder), str(out), *words]) == 2
    assert "saved' is there already" in capsys.readouterr().err
    (out / 'saved').rmdir()
    assert main(['click', str(folder), str(out), *words]) == 0
    assert "'2 key d 2,44': no object is under the mouse" in capsys.readouterr().err
    told = [json.loads((out / f'{number}.json').read_text()) for number in range(3)]
    assert [len(one['objects']) for one in told] == [0, 1, 1]
    assert not (out / '3.json').exists()


@pytest.mark.parametrize(
    'line', ['0', 'x click 1,1', '0 click', '0 click 1', '0 click 1,-1', '0 click 1,1 middle',
             '0 key', '0 key z', '0 key d 1', '0 drag 1,1', '0 click 1,1 left now']
)  # fmt: skip
def test_lines_that_say_nothing_clear_are_refused(line: str) -> None:
    with pytest.raises(ConfigError, match=r'line 2 of the script is .*12 click 320,240 left'):
        ClickScript(f'# first\n{line}\n')


@pytest.mark.parametrize('text', ['3 key space', '3 key space\n4 key space'])
def test_a_script_that_would_pause_for_ever_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match='pauses with'):
        ClickScript(text)


@pytest.mark.parametrize(
    ('words', 'script', 'said'),
    [
        (['scene', 'out'], '0 key n', 'has no end; give --count N'),
        (['scene', 'out', '--count', '0'], '0 key n', '--count is 0'),
        (
            ['scene', 'out', '--model', 'tiny-sam'],
            '0 key q',
            'follows nothing: isaac-seg',
        ),
        (['scene', 'one.mp4'], '0 key q', 'is one file; a folder is expected'),
        (['none.mp4', 'out'], '0 key q', 'does not exist'),
        (['scene', 'out', '--alpha', '2'], '0 key q', '--alpha is 2'),
        (['scene', 'out'], 'what?', 'line 1 of the script'),
    ],
)
def test_what_cannot_be_is_told(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Capture,
    words: list[str],
    script: str,
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path('clicks.txt').write_text(script)
    assert main(['click', *words, '--script', 'clicks.txt']) == 2
    assert said in capsys.readouterr().err
    assert not Path('out').exists()


@pytest.mark.skipif('GUI:                           NONE' not in cv2.getBuildInformation(),
                    reason='this OpenCV has windows')  # fmt: skip
def test_an_opencv_without_windows_is_told_in_one_sentence(
    tmp_path: Path, capsys: Capture
) -> None:
    assert main(['click', 'scene', str(tmp_path / 'out'), '--count', '1']) == 2
    said = capsys.readouterr().err
    assert said.count('\n') == 1
    assert 'pip install opencv-python in the place of opencv-python-headless' in said
    assert not (tmp_path / 'out').exists()


class Screen:
    """Stands for the screen and the person before it: OpenCV of the tests has no windows."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Take the place of OpenCV's functions for windows."""
        self.shown: list[np.ndarray] = []
        self.steps: deque[Callable[[], int]] = deque()
        self.is_open = True
        self.rests_until = 0.0
        self.mouse: Callable[..., None] = lambda *_: None
        monkeypatch.setenv('DISPLAY', ':0')
        stands_for = {
            'getBuildInformation': lambda: 'GUI: QT5',
            'namedWindow': lambda *_: None,
            'setMouseCallback': lambda _, function: setattr(self, 'mouse', function),
            'imshow': lambda _, image: self.shown.append(image),
            'waitKey': lambda _: self.next()(),
            'getWindowProperty': lambda *_: float(self.is_open),
            'destroyAllWindows': lambda: None,
        }
        for name, function in stands_for.items():
            monkeypatch.setattr(cv2, name, function)

    def next(self) -> Callable[[], int]:
        """Return the next step; a person who rests does nothing when there is none."""
        if self.steps or time.monotonic() > self.rests_until:
            return self.steps.popleft()
        return lambda: -1

    def rest(self) -> None:
        """Do nothing for as long as the window may take at most."""
        self.rests_until = time.monotonic() + 30

    def press(self, key: str) -> None:
        """Press a key next."""
        self.steps.append(lambda: ord(key))

    def click(self, event: int, place: tuple[int, int]) -> None:
        """Press a button of the mouse next."""
        self.steps.append(lambda: self.mouse(event, *place, 0, None) or -1)

    def wait(self) -> None:
        """Do nothing next."""
        self.steps.append(lambda: -1)

    def leave(self) -> None:
        """Close the window next."""
        self.steps.append(lambda: setattr(self, 'is_open', False) or -1)


def test_a_window_hands_on_what_a_person_does(
    desk: ClickDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    screen = Screen(monkeypatch)
    outputs = ClickOutputs(('overlay',), 0.5, json=True)
    with ClickWindow('window', outputs, 1000.0, 3) as window:
        screen.click(cv2.EVENT_LBUTTONDOWN, ON_RED)
        screen.click(cv2.EVENT_MOUSEMOVE, BESIDE)
        screen.click(cv2.EVENT_RBUTTONDOWN, BESIDE)
        screen.press('n')
        screen.press(' ')
        window(desk)
        # The first picture stays until somebody goes on.
        assert not screen.steps
        assert places(desk) == {'object_1': 'red'}
        assert 'a click makes an object' in desk.state
        height, width = screen.shown[-1].shape[:2]
        assert (height > 48, width) == (True, 64)
        assert screen.shown[0][12, 20].tolist() == [0, 0, 255], 'BGR, without an object'
        assert screen.shown[-1][12, 20].tolist() != [0, 0, 255]
        desk.take(frame(1))
        screen.rest()
        window(desk)
        assert not desk.done, 'the second one goes by itself'
        desk.take(frame(2))
        screen.wait()
        screen.leave()
        window(desk)
        assert desk.done
