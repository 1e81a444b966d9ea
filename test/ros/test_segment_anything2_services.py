"""Objects are added, corrected, renamed and removed by services, with Isaac ROS's words."""

from __future__ import annotations

from typing import Any

from asked_graph import mask_of, prompt
from followed_graph import adding, BLUE, corners, Follow, GREEN, middle, pixels, RED
from isaac_ros_segment_anything2_interfaces.srv import AddObjects, RemoveObject
from isaac_seg_interfaces.srv import ClearObjects, ListObjects, RenameObject, UpdateObject
import numpy as np
import pytest

pytestmark = pytest.mark.ros


def update(stamp: float = 0, **given: Any) -> UpdateObject.Request:
    """Make a request to correct an object."""
    flags = {name: given.pop(name) for name in ('create', 'replace') if name in given}
    made = UpdateObject.Request(prompt=prompt(given.pop('name', 'one'), **given), **flags)
    made.request_header.stamp.sec = int(stamp)
    return made


def names(states: Any) -> list[str]:
    """Return the ids of states."""
    return [one.id for one in states.objects]


def is_on(state: Any, color: tuple[int, ...], shift: int = 0) -> bool:
    """Say whether an object has the box of a colour, but for what coarse masks lose."""
    place = state.box.center.position
    return bool(state.visible) and bool(
        np.abs(np.subtract((place.x, place.y), middle(color, shift))).max() <= 2
    )


def test_objects_are_followed_from_the_image_they_were_shown_in(follow: Follow) -> None:
    follow.show(1, pixels())
    # Beside the green one nothing is: points that speak against it do not move it.
    points = [('g', *middle(GREEN), 1), ('g', 1, 1, 0)]
    answer = follow.ask('add_objects', adding({'r': corners(RED)}, points))
    assert (answer.success, answer.message) == (True, 'Success')
    assert (answer.object_ids, list(answer.object_indices)) == (['r', 'g'], [0, 1])
    for shift in range(1, 5):
        states = follow.show(1 + shift, pixels(shift))
        assert names(states) == ['r', 'g']
        assert is_on(states.objects[0], RED, shift)
        assert is_on(states.objects[1], GREEN, shift)
        assert [one.label for one in states.objects] == [1, 2]
        assert [one.age.sec for one in states.objects] == [shift, shift]
    answer = follow.ask('remove_object', RemoveObject.Request(object_id='r'))
    assert (answer.object_ids, list(answer.object_indices)) == (['g'], [0])
    states = follow.show(6, pixels(5))
    assert [(one.id, one.label) for one in states.objects] == [('g', 2)]
    labels = mask_of(follow.latest('label_image', 6))
    assert set(np.unique(labels)) == {0, 2}


def test_an_object_that_hides_is_found_again_under_its_name(follow: Follow) -> None:
    follow.show(1, pixels())
    follow.ask('add_objects', adding({'r': corners(RED), 'g': corners(GREEN)}))
    colors = []
    for number, hidden in ((2, None), (3, RED), (4, RED), (5, None)):
        states = follow.show(number, pixels(without=hidden))
        red = states.objects[0]
        assert (red.id, red.visible, red.area > 0) == ('r', not hidden, not hidden)
        assert red.unseen.sec == {3: 1, 4: 2}.get(number, 0)
        assert (red.score > 0.5) == (not hidden)
        found = follow.latest('detections', number).detections
        assert [one.id for one in found] == (['g'] if hidden else ['r', 'g'])
        shown = follow.latest('colored_segmentation_mask', number)
        picture = np.frombuffer(shown.data, np.uint8).reshape(shown.height, shown.width, 3)
        column, row = map(int, middle(GREEN))
        colors.append(tuple(picture[row, column]))
        (tensor,) = follow.latest('raw_segmentation_mask', number).tensors
        assert list(tensor.shape.dims) == [2, 1, 48, 64]
    assert len(set(colors)) == 1, 'an object keeps its colour while another one hides'


@pytest.mark.parametrize(
    ('request_', 'said'),
    [
        (AddObjects.Request(bbox_object_ids=['a']),
         "Number of bbox_object_ids doesn't match number of bbox_coords"),
        (AddObjects.Request(point_object_ids=['a']),
         "Number of point_object_ids doesn't match number of point_coords"),
        (adding(points=[('a', 1, 1, 1), ('a', 2, 2, 1)]),
         "Number of point labels doesn't match number of points"),
        (adding({'a': corners(RED)}, [('a', 1, 1, 1)]),
         'duplicate bbox_object_id: a exists in point_object_ids or bbox_object_ids'),
        (adding({'known': corners(RED)}), 'duplicate bbox_object_id: known already exists'),
        (adding(points=[('known', 1, 1, 1)]), 'duplicate point_object_id: known already exists.'),
        (adding(points=[('a', n, n, 1) for n in range(6)]),
         'Number of points for object a exceeds the maximum limit of 5'),
        (adding({name: corners(RED) for name in 'abc'}),
         'Number of objects exceeds the maximum limit of 3; remove one, or raise'),
        (adding({'a': corners(RED), 'b': (5, 5, 5, 9)}), 'box of object b is empty'),
        (adding({'a': corners(RED)}, [('b', 64, 3, 1)]), 'Point (64, 3) of object b lies outside'),
        (adding({'a': corners(RED)}, [('b', 4, 3, 2)]), 'label of a point of object b is 2'),
        (adding({'a': (float('nan'), 1, 5, 9)}), 'box of object a is empty'),
    ],
)  # fmt: skip
def test_a_bad_request_is_refused_as_a_whole(follow: Follow, request_: Any, said: str) -> None:
    follow.show(1, pixels())
    follow.ask('add_objects', adding({'known': corners(GREEN)}))
    if said.startswith('Number of point labels'):
        request_.point_labels.pop()
    answer = follow.ask('add_objects', request_)
    assert (answer.success, answer.object_ids) == (False, [])
    assert said in answer.message
    assert names(follow.show(2, pixels())) == ['known']


def test_unknown_objects_are_refused(follow: Follow) -> None:
    follow.show(1, pixels())
    follow.ask('add_objects', adding({name: corners(RED) for name in 'ab'}))
    gone = follow.ask('remove_object', RemoveObject.Request(object_id='x'))
    assert not gone.success
    assert gone.message == "Failed to remove object; followed are 'a', 'b'"
    assert (gone.object_ids, list(gone.object_indices)) == ([], [])
    answer = follow.ask('update_object', update(points=[(5, 5)]))
    assert (answer.success, 'Set create' in answer.message) == (False, True)
    answer = follow.ask('rename_object', RenameObject.Request(object_id='x', new_object_id='y'))
    assert (answer.success, "no object 'x'" in answer.message) == (False, True)


def test_a_correction_changes_the_object(follow: Follow) -> None:
    follow.show(1, pixels())
    made = follow.ask('update_object', update(points=[middle(RED)], create=True, class_id='cup'))
    assert made.success, made.message
    assert (made.object.id, made.object.class_id) == ('one', 'cup')
    assert is_on(made.object, RED)
    for number in (2, 3):
        follow.show(number, pixels())
    # In the image of stamp 1, two images back, it was another one all along.
    moved = follow.ask('update_object', update(1, corners=corners(GREEN)))
    assert moved.success, moved.message
    assert is_on(moved.object, GREEN)
    both = follow.ask('update_object', update(1, points=[middle(BLUE)]))
    assert both.success, both.message
    assert not is_on(both.object, BLUE), 'a point is added to the box of that image'
    alone = follow.ask('update_object', update(1, points=[middle(BLUE)], replace=True))
    assert is_on(alone.object, BLUE)
    assert is_on(follow.show(4, pixels(2)).objects[0], BLUE, 2)


def test_a_mask_shows_an_object(follow: Follow) -> None:
    follow.show(1, pixels())
    drawn = np.zeros((48, 64), np.uint8)
    left, top, right, bottom = corners(BLUE)
    drawn[top:bottom, left:right] = 255
    mask = update().prompt.mask
    mask.height, mask.width, mask.step, mask.encoding = 48, 64, 64, 'mono8'
    mask.data = drawn.tobytes()
    answer = follow.ask('update_object', update(mask=mask, create=True))
    assert (answer.success, is_on(answer.object, BLUE)) == (True, True)
    mask.encoding, mask.step, mask.data = 'rgb8', 192, bytes(48 * 192)
    answer = follow.ask('update_object', update(mask=mask, create=True))
    assert (answer.success, 'is rgb8; mono8' in answer.message) == (False, True)


def test_objects_are_listed_renamed_and_cleared(follow: Follow) -> None:
    assert follow.ask('list_objects', ListObjects.Request()).states.objects == []
    # Before the first image they wait for it.
    follow.ask('add_objects', adding({'r': corners(RED), 'far': (200, 1, 210, 9)}))
    assert names(follow.ask('list_objects', ListObjects.Request()).states) == ['r', 'far']
    assert names(follow.show(1, pixels())) == ['r']
    assert follow.ask(
        'rename_object', RenameObject.Request(object_id='r', new_object_id='s')
    ).success
    listed = follow.ask('list_objects', ListObjects.Request()).states
    assert (names(listed), listed.header.stamp.sec) == (['s'], 1)
    assert is_on(listed.objects[0], RED)
    assert follow.ask('clear', ClearObjects.Request()).removed == 1
    assert names(follow.show(2, pixels())) == []
    assert not mask_of(follow.latest('label_image', 2)).any()


@pytest.mark.parametrize(('stamp', 'is_done'), [(2, True), (1, False), (9e5, True), (4, True)])
def test_only_the_time_of_images_counts(follow: Follow, stamp: float, is_done: bool) -> None:
    for number in (1, 2, 3, 3.5):
        follow.show(number, pixels(int(number)))
    # With three frames kept the image of stamp 1 is gone; a clock far away means the newest.
    shift = {2: 2, 9e5: 3, 4: 4}.get(stamp, 0)
    answer = follow.ask('add_objects', adding({'r': corners(RED, shift)}, stamp=stamp))
    assert answer.success == is_done
    if not is_done:
        assert 'no longer kept' in answer.message
        return
    assert is_on(follow.show(4, pixels(4)).objects[0], RED, 4)


def test_a_stopped_node_refuses(follow: Follow) -> None:
    node = follow.node
    follow.show(1, pixels())
    follow.ask('add_objects', adding({'r': corners(RED)}))
    node.trigger_deactivate()
    answer = follow.ask('add_objects', adding({'g': corners(GREEN)}))
    assert (answer.success, 'inactive' in answer.message) == (False, True)
    # Else who listened before would be taken for who listens now.
    follow.until(lambda: follow.images.get_subscription_count() == 0, 'the end of who listened')
    node.trigger_activate()
    follow.until(lambda: follow.images.get_subscription_count() == 1, 'images are heard')
    assert names(follow.show(2, pixels())) == ['r']
