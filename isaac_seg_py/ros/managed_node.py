"""What nodes share whose work may be stopped, given back and set up anew: the ROS 2 life cycle."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
import time
from typing import Any, Final

from lifecycle_msgs.msg import State
from rclpy.lifecycle import LifecycleNodeMixin, LifecycleState, TransitionCallbackReturn
from rclpy.qos import QoSProfile
from rclpy.task import Task

from .packet import Packet
from .parameters import Parameters
from .python_log import Speaking
from .stage_node import StageNode, Value
from .wire import Wire
from ..errors import in_words, SegmentationError
from ..settings import check_settings, setting

Work = Callable[[Packet[Any]], bool | None]
_LAST_WAIT_S: Final = 2.0
_NAMES: Final = {
    State.PRIMARY_STATE_UNCONFIGURED: 'unconfigured',
    State.PRIMARY_STATE_INACTIVE: 'inactive',
    State.PRIMARY_STATE_FINALIZED: 'finalized',
}
_STEPS: Final = {
    State.PRIMARY_STATE_UNCONFIGURED: 'configure',
    State.PRIMARY_STATE_INACTIVE: 'activate',
}


@dataclass(frozen=True)
class LifeConfig:
    """How a managed node begins."""

    autostart: bool = setting(
        True,
        'Begin to work at once. False: hold nothing until `ros2 lifecycle set` configures and '
        'activates the node.',
    )

    def __post_init__(self) -> None:
        """Check types."""
        check_settings(self)


class ManagedNode(StageNode, LifecycleNodeMixin):
    """
    A node that follows the ROS 2 life cycle, and by default activates itself.

    Configured, it holds what `start` opened; active, it listens too; after cleanup it holds
    nothing, and every parameter may be set before it is configured again.
    """

    _state = State.PRIMARY_STATE_UNCONFIGURED

    def begin(self) -> None:
        """Declare the parameters, and start unless told to wait."""
        self._to_subscribe: list[Callable[[], object]] = []
        self._failure: Exception | None = None
        self._raises = False
        self._outlive_cleanup: set[Any] = set()
        self._answers_sent: Task[None] | None = None
        self.parameters = Parameters(
            self,
            (*self.config_kinds, LifeConfig),
            defaults=self.defaults(),
            on_change=self._change,
            is_fixed=lambda: self._state != State.PRIMARY_STATE_UNCONFIGURED,
        )
        self._is_fresh = True
        LifecycleNodeMixin.__init__(self)
        self._outlive_cleanup = {*self._entities()}
        if self.parameters[LifeConfig].autostart:
            self._raises = True
            for step in (self.trigger_configure, self.trigger_activate):
                if step() != TransitionCallbackReturn.SUCCESS:
                    raise self._failure or SegmentationError(f'{self.get_name()} did not start')
            self._raises = False
        else:
            name = self.get_fully_qualified_name()
            self.get_logger().info(
                'autostart is false: waits for configure and activate '
                f'(ros2 lifecycle set {name} configure)'
            )

    def subscribe(
        self, wire: Wire[Value], topic: str, qos: QoSProfile, work: Work, *, depth: int
    ) -> None:
        """Have `work` done on each packet of a topic, while the node is active."""
        self._to_subscribe.append(partial(super().subscribe, wire, topic, qos, work, depth=depth))

    def destroy_node(self) -> None:
        """Give back everything, the services of the life cycle too."""
        machine = vars(self).get('_state_machine')
        services = [service.handle for service in self.services]
        super().destroy_node()
        # The machine owns its services, and rclpy would keep it until the garbage is collected. An
        # executor may wait on them still; it has been woken.
        end = time.monotonic() + _LAST_WAIT_S
        while any(handle.pointer for handle in services) and time.monotonic() < end:
            time.sleep(0.001)
        if machine is not None and not any(handle.pointer for handle in services):
            machine.destroy_when_not_in_use()
            # Whoever asks for a transition of it now would take the process down.
            del self._state_machine

    def idle(self) -> str:
        """Return why the node does not work, '' where it does."""
        if self._state == State.PRIMARY_STATE_ACTIVE:
            return ''
        step = _STEPS.get(self._state)
        to_do = f': `ros2 lifecycle set {self.get_fully_qualified_name()} {step}`' if step else ''
        return f'{_NAMES[self._state]}{to_do}'

    def refuse(self) -> bool:
        """Answer the requests that are open, and return whether there were any."""
        return False

    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Open what the node needs, and offer its topics."""
        self._failure = None
        self._outlive_cleanup = {*self._entities()}
        try:
            if not self._is_fresh:
                self.parameters.renew(self.defaults())
            self._is_fresh = False
            with Speaking(self):
                self.start()
        except Exception as error:
            self._tell('not configured', error)
            self._give_back()
            return TransitionCallbackReturn.FAILURE
        self._state = State.PRIMARY_STATE_INACTIVE
        return TransitionCallbackReturn.SUCCESS

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Begin to listen."""
        return self._change_to(State.PRIMARY_STATE_ACTIVE, 'not activated', self._listen)

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Stop listening, once the frame in hand is finished, and refuse the requests in hand."""
        done = self._change_to(
            State.PRIMARY_STATE_INACTIVE, 'not deactivated', self.stop_listening
        )
        if self.refuse() and self.executor is not None:
            # Done when the answers are sent, by tasks that come before it.
            self._answers_sent = self.executor.create_task(lambda: None)
        return done

    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Give back everything that `start` opened."""
        return self._change_to(State.PRIMARY_STATE_UNCONFIGURED, 'not cleaned up', self._give_back)

    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Give back everything, for good; requests in hand are answered."""
        return self._change_to(
            State.PRIMARY_STATE_FINALIZED,
            'not shut down',
            lambda: self._give_back(is_last=True),
        )

    def on_error(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Give back everything after a transition that failed; configuring may be tried again."""
        done = self._change_to(State.PRIMARY_STATE_UNCONFIGURED, 'not given back', self._give_back)
        if done != TransitionCallbackReturn.SUCCESS:
            # As the machine of the life cycle has it.
            self._state = State.PRIMARY_STATE_FINALIZED
        return done

    def _change_to(
        self, state: int, otherwise: str, work: Callable[[], object]
    ) -> TransitionCallbackReturn:
        # rclpy says nothing of what a transition raises.
        try:
            work()
        except Exception as error:
            self._tell(otherwise, error)
            return TransitionCallbackReturn.ERROR
        self._state = state
        return TransitionCallbackReturn.SUCCESS

    def _tell(self, what: str, error: Exception) -> None:
        self._failure = self._failure or error
        if not self._raises:
            self.get_logger().error(f'{what}: {in_words(error)}')

    def _listen(self) -> None:
        for subscribe in self._to_subscribe:
            subscribe()

    def _change(self, config: Any) -> None:
        # What is not configured has nothing that could take the change; it is read later.
        if self._state != State.PRIMARY_STATE_UNCONFIGURED:
            self.change(config)

    def _give_back(self, *, is_last: bool = False) -> None:
        self.stop_listening()
        self._to_subscribe.clear()
        self.stop_speaking()
        self.stop()
        if not is_last:
            self._wait_for_answers()
        for entity, destroy in self._entities().items():
            if entity in self._outlive_cleanup:
                continue
            if is_last and entity in self.services and self.executor is not None:
                # Requests that were refused just now are answered by tasks that come before it.
                self.executor.create_task(destroy, entity)
            else:
                destroy(entity)

    def _wait_for_answers(self) -> None:
        """Keep the services until what was refused just now is answered, by another thread."""
        sent, self._answers_sent = self._answers_sent, None
        end = time.monotonic() + _LAST_WAIT_S
        while sent is not None and not sent.done() and time.monotonic() < end:
            time.sleep(0.001)

    def _entities(self) -> dict[Any, Callable[[Any], object]]:
        """Return everything of the middleware that the node has, with what ends it."""
        kinds: list[tuple[Iterable[Any], Callable[[Any], object]]] = [
            (self.timers, self.destroy_timer),
            (self.services, self.destroy_service),
            (self.clients, self.destroy_client),
            (self.subscriptions, self.destroy_subscription),
            (self.publishers, self.destroy_publisher),
        ]
        return {entity: destroy for entities, destroy in kinds for entity in entities}
