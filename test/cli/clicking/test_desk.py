"""What clicks and keys do to objects, without a window."""

from __future__ import annotations

from clicked_boxes import BESIDE, frame, ON_GREEN, ON_RED, places, Saved
from isaac_seg_py.cli.clicking.desk import ClickDesk
from isaac_seg_py.cli.clicking.pictures import ClickOutputs
from isaac_seg_py.track.tracker import VideoTracker


def click(desk: ClickDesk, place: tuple[int, int], *, is_object: bool = True) -> None:
    """Click on a place."""
    desk.move(*place)
    desk.click(is_object=is_object)


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
