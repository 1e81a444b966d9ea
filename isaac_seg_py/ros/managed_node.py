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

from .packet import Packet
from .parameters import Parameters
from .stage_node import StageNode, Value
from .wire import Wire
from ..errors import in_words
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
        self.parameters = Parameters(
            self,
            (*self.config_kinds, LifeConfig),
            defaults=self.defaults(),
            on_change=self._change,
            is_fixed=lambda: self._state != State.PRIMARY_STATE_UNCONFIGURED,
        )
        self._is_fresh = True
        LifecycleNodeMixin.__init__(self)
        if self.parameters[LifeConfig].autostart:
            self._raises = True
            self.trigger_configure()
            if self._failure is not None:
                raise self._failure
            self._raises = False
            self.trigger_activate()

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

    def idle(self) -> str:
        """Return why the node does not work, '' where it does."""
        if self._state == State.PRIMARY_STATE_ACTIVE:
            return ''
        step = _STEPS.get(self._state)
        to_do = f': `ros2 lifecycle set {self.get_fully_qualified_name()} {step}`' if step else ''
        return f'{_NAMES[self._state]}{to_do}'

    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Open what the node needs, and offer its topics."""
        self._failure = None
        self._outlive_cleanup = {*self._entities()}
        try:
            if not self._is_fresh:
                self.parameters.renew(self.defaults())
            self._is_fresh = False
            self.start()
        except Exception as error:
            self._give_back()
            self._failure = error
            if not self._raises:
                self.get_logger().error(f'not configured: {in_words(error)}')
            return TransitionCallbackReturn.FAILURE
        self._state = State.PRIMARY_STATE_INACTIVE
        return TransitionCallbackReturn.SUCCESS

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Begin to listen."""
        for subscribe in self._to_subscribe:
            subscribe()
        self._state = State.PRIMARY_STATE_ACTIVE
        return TransitionCallbackReturn.SUCCESS

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Stop listening; the frame in hand is finished first."""
        self.stop_listening()
        self._state = State.PRIMARY_STATE_INACTIVE
        return TransitionCallbackReturn.SUCCESS

    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Give back everything that `start` opened."""
        self._give_back()
        return TransitionCallbackReturn.SUCCESS

    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Give back everything, for good."""
        self._give_back()
        self._state = State.PRIMARY_STATE_FINALIZED
        return TransitionCallbackReturn.SUCCESS

    def on_error(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Give back everything after a transition that failed; configuring may be tried again."""
        self._give_back()
        return TransitionCallbackReturn.SUCCESS

    def _change(self, config: Any) -> None:
        # What is not configured has nothing that could take the change; it is read later.
        if self._state != State.PRIMARY_STATE_UNCONFIGURED:
            self.change(config)

    def _give_back(self) -> None:
        self.stop_listening()
        self._to_subscribe.clear()
        self.stop_speaking()
        self.stop()
        for entity, destroy in self._entities().items():
            if entity not in self._outlive_cleanup:
                destroy(entity)
        self._state = State.PRIMARY_STATE_UNCONFIGURED

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
