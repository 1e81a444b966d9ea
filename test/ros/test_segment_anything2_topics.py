"""Boxes of a detector and clicks have objects followed; images come as they come."""

from __future__ import annotations

from dataclasses import replace
import json
import tracemalloc
from typing import Any

from asked_graph import click, detections
from followed_graph import adding, BLUE, corners, Follow, GREEN, middle, pixels, PREFIX, RED
from isaac_ros_segment_anything2_interfaces.srv import RemoveObject
from isaac_seg_py.ros.diagnostics import _values
from isaac_seg_py.ros.follow_topics import FollowTimes
import pytest
from rclpy.parameter import Parameter
from sensor_msgs.msg import Image
from watched_graph import array

pytestmark = pytest.mark.ros


def ids(states: Any) -> list[str]:
    """Return the names of objects."""
    return [one.id for one in states.objects]


def followed(follow: Follow, count: int) -> None:
    """Wait until so many objects are followed."""
    follow.until(lambda: follow.node.facts()['objects followed'] == str(count), f'{count} objects')


def warned(follow: Follow, count: int, why: str = 'bad prompt') -> None:
    """Wait until so many prompts were refused."""
    stats = follow.node.stats
    follow.until(lambda: stats.summary().dropped.get(why, 0) >= count, 'a refusal')


def test_boxes_of_a_detector_are_adopted_once(follow: Follow) -> None:
    follow.show(1, pixels())
    follow.prompts.publish(detections(1, [corners(RED), corners(GREEN)], classes=['cup', 'box']))
    followed(follow, 2)
    states = follow.show(2, pixels(1))
    assert [(one.id, one.class_id) for one in states.objects] == [
        ('cup_1', 'cup'), ('box_2', 'box'),
    ]  # fmt: skip
    # The same objects a little further, with a bad box among them, and one that is new.
    boxes = [corners(RED, 1), (9, 9, 9, 9), corners(GREEN, 1), corners(BLUE, 1)]
    follow.prompts.publish(detections(2, boxes, classes=['cup', 'cup', 'box', 'cup']))
    warned(follow, 1)
    followed(follow, 3)
    assert ids(follow.show(3, pixels(2))) == ['cup_1', 'box_2', 'cup_3']
    # There is room for three.
    follow.prompts.publish(detections(3, [(50, 2, 60, 9)]))
    warned(follow, 2)
    assert ids(follow.show(4, pixels(3))) == ['cup_1', 'box_2', 'cup_3']


def test_a_lost_object_comes_back_with_its_name(follow: Follow) -> None:
    follow.show(1, pixels())
    follow.prompts.publish(detections(1, [corners(RED)]))
    followed(follow, 1)
    assert follow.show(2, pixels()).objects[0].visible
    # Of another colour the network does not know it again, but the detector finds it.
    picture = pixels(without=RED)
    left, top, right, bottom = corners(RED)
    picture[top:bottom, left:right] = (200, 200, 0)
    assert not follow.show(3, picture).objects[0].visible
    follow.prompts.publish(detections(3, [corners(RED)]))
    follow.until(lambda: follow.node.facts()['prompts that wait'] == '0', 'adoption')
    (state,) = follow.show(4, picture).objects
    assert state.id == 'cup_1'


# On a busy machine some seconds may pass until the images are there.
@pytest.mark.parametrize('follow', [{'prompt_timeout_ms': 60000.0}], indirect=True)
def test_boxes_wait_for_their_image(follow: Follow) -> None:
    follow.prompts.publish(detections(2, [corners(RED, 1)]))
    follow.until(lambda: follow.node.facts()['prompts that wait'] == '1', 'boxes that wait')
    assert ids(follow.show(1, pixels())) == []
    assert ids(follow.show(2, pixels(1))) == []
    followed(follow, 1)
    (state,) = follow.show(3, pixels(2)).objects
    assert state.age.sec == 1


@pytest.mark.parametrize('follow', [{'prompt_timeout_ms': 1.0}], indirect=True)
def test_boxes_of_another_clock_do_not_wait_for_ever(follow: Follow) -> None:
    follow.prompts.publish(detections(9e5, [corners(RED)]))
    follow.until(lambda: follow.node.facts()['prompts that wait'] == '1', 'boxes that wait')
    follow.show(1, pixels())
    follow.show(2, pixels())
    warned(follow, 1, 'no image for a prompt')
    assert follow.node.facts()['objects followed'] == '0'


def test_boxes_of_an_image_that_was_not_followed_are_let_go(follow: Follow) -> None:
    follow.show(1, pixels())
    follow.show(2, pixels())
    follow.prompts.publish(detections(1.5, [corners(RED)]))
    warned(follow, 1, 'no image for a prompt')
    follow.prompts.publish(detections(1.99, [corners(RED)]))
    followed(follow, 1)


@pytest.mark.parametrize('are_replaced', [False, True])
def test_boxes_without_an_image_are_told_unless_others_take_their_place(
    follow: Follow, are_replaced: bool, capfd: pytest.CaptureFixture[str]
) -> None:
    desk, times = follow.node._desk, follow.node.parameters[FollowTimes]
    desk.change(replace(times, prompt_timeout_ms=60000.0))
    follow.show(1, pixels())
    follow.show(2, pixels())
    follow.prompts.publish(detections(1.5, [corners(RED)]))
    warned(follow, 1, 'no image for a prompt')
    if are_replaced:
        follow.prompts.publish(detections(2, [corners(RED)]))
        followed(follow, 1)
    desk.change(replace(times, prompt_timeout_ms=0.0))
    follow.show(3, pixels())
    assert ('no image within 20 ms of 1.500' in capfd.readouterr().err) is not are_replaced


def test_of_boxes_that_pile_up_only_the_newest_are_adopted(follow: Follow) -> None:
    for number in (1, 2, 3):
        follow.show(number, pixels(number))
    desk = follow.node._desk
    # While a long request is worked on.
    with desk._turn:
        for number in (1, 2, 3):
            follow.prompts.publish(detections(number, [corners(RED, number)]))
        follow.until(lambda: len(desk._ready) == 3, 'three boxes')
    followed(follow, 1)
    warned(follow, 2, 'boxes overtaken by newer ones')
    (state,) = follow.show(4, pixels(4)).objects
    assert state.age.sec == 1


def test_a_click_starts_an_object_and_another_corrects_it(follow: Follow) -> None:
    follow.show(1, pixels())
    follow.points.publish(click(1, *middle(RED)))
    followed(follow, 1)
    (state,) = follow.show(2, pixels()).objects
    assert state.visible
    # On its mask: the same object, with one point more.
    follow.points.publish(click(2, middle(RED)[0] + 2, middle(RED)[1]))
    follow.points.publish(click(2, *middle(GREEN)))
    followed(follow, 2)
    assert ids(follow.show(3, pixels())) == ['object_1', 'object_2']
    against = click(3, *middle(BLUE))
    against.point.z = -1.0
    follow.points.publish(against)
    warned(follow, 1)
    outside = click(3, 200, 9)
    follow.points.publish(outside)
    warned(follow, 2)
    assert ids(follow.show(4, pixels())) == ['object_1', 'object_2']


@pytest.mark.parametrize('follow', [{'click_object': 'cup'}], indirect=True)
def test_clicks_may_be_of_one_object(follow: Follow) -> None:
    follow.show(1, pixels())
    for place in (middle(RED), middle(GREEN)):
        # A stamp of no image means the newest one.
        follow.points.publish(click(7e5, *place))
    follow.until(lambda: follow.node.facts()['images encoded'] == '1', 'a look at the image')
    assert ids(follow.show(2, pixels())) == ['cup']


def test_json_and_overlay_tell_the_same_objects(follow: Follow) -> None:
    follow.show(1, pixels())
    follow.points.publish(click(1, *middle(GREEN)))
    followed(follow, 1)
    follow.show(2, pixels())
    follow.until(lambda: len(follow.heard[PREFIX + 'json']) == 2, 'json')
    told = json.loads(follow.heard[PREFIX + 'json'][-1].data)
    assert (told['stamp'], told['frame_id']) == ({'sec': 2, 'nanosec': 0}, 'camera')
    (one,) = told['objects']
    assert (one['id'], one['label'], one['visible']) == ('object_1', 1, True)
    overlay = follow.latest('overlay', 2)
    column, row = map(int, middle(GREEN))
    before = pixels()[row, column].tobytes()
    start = row * overlay.step + column * 3
    assert bytes(overlay.data[start : start + 3]) != before


def test_the_legend_names_objects_in_the_colours_that_they_keep(follow: Follow) -> None:
    topic = PREFIX + 'legend'
    follow.heard.hear(topic, Image)
    speaker = next(p for p in follow.node._publishers_here if p.place.topic == f'/{topic}')
    follow.until(lambda: speaker.wanted, 'discovery of the legend')
    follow.show(1, pixels())
    named = {'red': corners(RED), 'blue': corners(BLUE)}
    assert follow.ask('add_objects', adding(named)).success
    # Of the objects that are left the last keeps the colour of its number, 2.
    assert follow.ask('remove_object', RemoveObject.Request(object_id='red')).success
    follow.show(2, pixels())
    legend = array(follow.latest('legend', 2))
    colored = array(follow.latest('colored_segmentation_mask', 2))
    x, y = map(int, middle(BLUE))
    assert legend.shape[0] == 28
    assert legend[14, 14].tolist() == colored[y, x].tolist() == [0, 128, 128]
    plain = array(follow.latest('overlay', 2))
    changed = Parameter('marks', value=False)
    assert follow.node.set_parameters([changed])[0].successful
    follow.show(3, pixels())
    unmarked = array(follow.latest('overlay', 3))
    _, top, _, _ = corners(BLUE)
    left = corners(BLUE)[0]
    assert plain[top - 6, left : left + 20].any(-1).all(), 'its name stands above'
    assert not unmarked[top - 6, left : left + 20].any()


def test_another_size_and_a_jump_back_keep_the_objects(follow: Follow) -> None:
    follow.show(10, pixels())
    follow.points.publish(click(10, *middle(RED)))
    followed(follow, 1)
    (state,) = follow.show(11, pixels(1, size=2)).objects
    assert state.visible
    assert state.box.center.position.x == pytest.approx(2 * middle(RED, 1)[0], abs=3)
    (state,) = follow.show(1, pixels(2)).objects
    assert (state.visible, state.age.sec) == (True, 0)
    follow.points.publish(click(1, *middle(GREEN, 2)))
    followed(follow, 2)
    assert len(follow.show(2, pixels(3)).objects) == 2


@pytest.mark.parametrize('follow', [{'forget_after_s': 2.0}], indirect=True)
def test_what_is_not_seen_any_more_is_let_go(follow: Follow) -> None:
    follow.show(1, pixels())
    follow.prompts.publish(detections(1, [corners(RED), corners(GREEN)]))
    followed(follow, 2)
    for number in range(2, 6):
        follow.show(number, pixels(without=RED))
    assert ids(follow.show(6, pixels())) == ['cup_2']


def test_memory_stays_flat_while_objects_come_and_go(follow: Follow) -> None:
    def some(first: int) -> None:
        for number in range(first, first + 60):
            states = follow.show(number, pixels(number % 5))
            if number % 6 == 0:
                follow.points.publish(click(number, *middle(RED, number % 5)))
                followed(follow, 1)
            elif number % 6 == 5:
                name = states.objects[0].id
                request = RemoveObject.Request(object_id=name)
                assert follow.ask('remove_object', request).success

    some(0)
    for heard in follow.heard.heard.values():
        heard.clear()
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        some(60)
        some(120)
        some(180)
        for heard in follow.heard.heard.values():
            heard.clear()
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < 2_000_000


def test_live_settings_change_what_counts_as_seen(follow: Follow) -> None:
    follow.show(1, pixels())
    follow.points.publish(click(1, *middle(RED)))
    followed(follow, 1)
    assert follow.show(2, pixels()).objects[0].visible
    (done,) = follow.node.set_parameters([Parameter('presence_threshold', value=30.0)])
    assert done.successful, done.reason
    assert not follow.show(3, pixels()).objects[0].visible
    (done,) = follow.node.set_parameters([Parameter('memory_frames', value=2)])
    assert not done.successful


def test_prompts_are_no_frames_in_the_diagnostics(follow: Follow) -> None:
    follow.show(1, pixels())
    follow.prompts.publish(detections(1, [corners(RED)]))
    follow.points.publish(click(1, *middle(GREEN)))
    followed(follow, 2)
    follow.show(2, pixels(1))
    now = follow.node.stats.summary()
    values = _values(now, replace(now, received=0, prompts=0), 0.5)
    assert (values['frames received'], values['prompts received']) == ('2', '2')
    assert values['rate in (Hz)'] == '4.0'
