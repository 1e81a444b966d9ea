"""A life cycle that goes wrong or ends early: it is told, and nobody waits for an answer."""

from __future__ import annotations

from collections.abc import Callable
import threading
from typing import Any

from isaac_seg_py.errors import SegmentationError
from isaac_seg_py.ros.conversions import IMAGE
from isaac_seg_py.ros.managed_node import ManagedNode
from isaac_seg_py.ros.prompt_messages import BOXES
from isaac_seg_py.ros.prompt_questions import Reply
from lifecycle_msgs.srv import GetState
import pytest
from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.lifecycle import TransitionCallbackReturn
from rclpy.parameter import Parameter
from rclpy.qos import QoSProfile

pytestmark = pytest.mark.ros
QOS = QoSProfile(depth=5)


class Desk(ManagedNode):
    """Listens to images, and answers requests when it stops."""

    default_name = 'desk'
    wires: tuple[Any, ...] = (IMAGE,)
    fault: Exception | None = None

    def start(self) -> None:
        self.owed: list[Reply] = []
        for wire in self.wires:
            self.subscribe(wire, 'image', QOS, lambda packet: None, depth=1)
        free = ReentrantCallbackGroup()
        self.create_service(GetState, '~/ask', self._answer, callback_group=free)

    def stop(self) -> None:
        if self.fault is not None:
            raise self.fault
        for reply in vars(self).get('owed', ()):
            reply.give('the node stops')

    async def _answer(self, request: Any, response: Any) -> Any:
        self.owed.append(Reply(self.executor))
        response.current_state.label = await self.owed[-1].wait()
        return response


class Refusing(Desk):
    """Answers requests when it becomes inactive, as nodes with networks do."""

    when_stopped: Callable[[], object] | None = None

    def refuse(self) -> bool:
        super().stop()
        return bool(self.owed)

    def stop(self) -> None:
        if self.when_stopped is not None:
            self.when_stopped()
            self.when_stopped = None


class TwoTypes(Desk):
    """Wants two types on one topic, which the middleware does not do."""

    wires = (IMAGE, BOXES)


def waiting(ros: Any, kind: type[Desk] = Desk) -> Any:
    """Return a node that is not configured yet, and spins."""
    node = kind(context=ros.context, parameter_overrides=[Parameter('autostart', value=False)])
    ros.add(node)
    return node


def test_a_node_never_configured_keeps_its_services_when_it_is_shut_down(ros: Any) -> None:
    node = waiting(ros)
    before = [*node.services], [*node.publishers]
    assert node.trigger_shutdown() == TransitionCallbackReturn.SUCCESS
    assert ([*node.services], [*node.publishers]) == before
    assert all(entity.handle.pointer for entities in before for entity in entities)
    assert node.idle() == 'finalized'
    # As once a second, for as long as the node is there.
    node.diagnostics.look_around()


def test_requests_in_hand_are_answered_when_the_node_is_shut_down(
    ros: Any, outside: Any, until: Callable[..., None]
) -> None:
    node = Desk(context=ros.context)
    ros.add(node)
    client = outside.create_client(GetState, 'desk/ask')
    until(client.service_is_ready, 'the service')
    # An answer to a client that the other side has not found yet is lost.
    until(lambda: node.count_clients('/desk/ask') == 1, 'the client')
    asked = [client.call_async(GetState.Request()) for _ in range(4)]
    until(lambda: len(node.owed) == 4, 'four requests')
    # Where `ros2 lifecycle set` has it done.
    shut = ros.executor.create_task(node.trigger_shutdown)
    until(lambda: all(one.done() for one in asked), 'four answers')
    assert [one.result().current_state.label for one in asked] == ['the node stops'] * 4
    # Answers are given before the rest of the node is.
    until(shut.done, 'the end')
    assert shut.result() == TransitionCallbackReturn.SUCCESS
    until(lambda: not outside.count_services('/desk/ask'), 'the end of the service')


def test_requests_in_hand_are_answered_before_a_cleanup_that_follows_at_once(
    ros: Any, outside: Any, until: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr('isaac_seg_py.ros.managed_node._LAST_WAIT_S', 30.0)
    node = Refusing(context=ros.context)
    ros.add(node)
    client = outside.create_client(GetState, 'desk/ask')
    until(client.service_is_ready, 'the service')
    # An answer to a client that the other side has not found yet is lost.
    until(lambda: node.count_clients('/desk/ask') == 1, 'the client')
    asked = [client.call_async(GetState.Request()) for _ in range(4)]
    until(lambda: len(node.owed) == 4, 'four requests')
    is_busy, has_time = threading.Event(), threading.Event()

    def keep_busy() -> None:
        is_busy.set()
        has_time.wait(30)

    ros.executor.create_task(keep_busy)
    assert is_busy.wait(30)
    # The answers go out a moment after the node would end its services.
    node.when_stopped = threading.Timer(0.05, has_time.set).start
    assert node.trigger_deactivate() == TransitionCallbackReturn.SUCCESS
    assert node.trigger_cleanup() == TransitionCallbackReturn.SUCCESS
    until(lambda: all(one.done() for one in asked), 'four answers')
    assert [one.result().current_state.label for one in asked] == ['the node stops'] * 4
    until(lambda: not outside.count_services('/desk/ask'), 'the end of the service')


def test_a_transition_of_a_destroyed_node_is_an_error_and_no_crash(ros: Any) -> None:
    node = Desk(context=ros.context)
    node.destroy_node()
    for trigger in (node.trigger_deactivate, node.trigger_shutdown):
        with pytest.raises(AttributeError, match='_state_machine'):
            trigger()
    node.destroy_node()


def test_an_activation_that_fails_is_told_and_may_be_tried_again(
    ros: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    node = waiting(ros, TwoTypes)
    for _ in range(2):
        assert node.trigger_configure() == TransitionCallbackReturn.SUCCESS
        assert node.trigger_activate() == TransitionCallbackReturn.ERROR
        said = capfd.readouterr().err
        assert 'not activated: ' in said
        assert 'image' in said
        assert node.idle().startswith('unconfigured')
        assert node._state_machine.current_state[1] == 'unconfigured'
        assert not node.listened_to()


def test_a_node_that_begins_by_itself_fails_with_its_activation(ros: Any) -> None:
    with pytest.raises(RuntimeError, match='image'):
        TwoTypes(context=ros.context)


def test_a_transition_that_a_node_refuses_is_not_passed_over(ros: Any) -> None:
    class Unwilling(Desk):
        def on_activate(self, state: Any) -> TransitionCallbackReturn:
            return TransitionCallbackReturn.FAILURE

    with pytest.raises(SegmentationError, match='desk did not start'):
        Unwilling(context=ros.context)


def test_what_cannot_be_given_back_ends_the_life_of_the_node_with_a_word(
    ros: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    node = Desk(context=ros.context)
    ros.add(node)
    assert node.trigger_deactivate() == TransitionCallbackReturn.SUCCESS
    node.fault = OSError('the device is gone')
    assert node.trigger_cleanup() == TransitionCallbackReturn.ERROR
    said = capfd.readouterr().err
    assert 'not cleaned up: OSError: the device is gone' in said
    assert node.idle() == node._state_machine.current_state[1] == 'finalized'
    node.fault = None
