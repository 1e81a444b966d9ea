"""What every node of the suite does: declare, subscribe, publish, survive bad frames."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
import threading
import time
from typing import Any, ClassVar, Final, TypeVar

from rclpy.node import Node
from rclpy.qos import QoSProfile

from .callback_groups import forget_destroyed
from .diagnostics import Diagnostics
from .exchange import ExchangePublisher, ExchangeSubscription
from .packet import Packet
from .parameters import Parameters
from .python_log import hear_python, Speaking
from .synchronize import StampPairs
from .throttle import Throttle
from .wire import Wire
from ..errors import in_words, InputError
from ..stats import StageStats

Value = TypeVar('Value')
# Some messages repeat what came, which may be anything.
_LONGEST: Final = 500


class StageNode(Node):
    """
    A node of the suite.

    A subclass names its config classes and fills `start`. A frame that is wrong is logged, counted
    and dropped; the next one passes.
    """

    default_name: ClassVar[str]
    config_kinds: ClassVar[tuple[type, ...]] = ()
    parameters: Parameters

    def __init__(self, *, node_name: str = '', use_exchange: bool = True, **options: Any) -> None:
        """
        Declare the parameters and start; nothing is left behind when that fails.

        Without the exchange every packet takes the way over the middleware.
        """
        super().__init__(node_name or self.default_name, **options)
        self.stats = StageStats()
        self._throttle = Throttle(2.0)
        self._use_exchange = use_exchange
        self._turn = threading.Lock()
        self._publishers_here: list[ExchangePublisher[Any]] = []
        self._subscriptions_here: list[ExchangeSubscription[Any]] = []
        self.diagnostics = Diagnostics(self)
        hear_python()
        try:
            with Speaking(self):
                self.begin()
        except BaseException:
            self.destroy_node()
            raise

    def begin(self) -> None:
        """Declare the parameters and start."""
        self.parameters = Parameters(
            self, self.config_kinds, defaults=self.defaults(), on_change=self.change
        )
        self.start()

    def defaults(self) -> Mapping[str, Any]:
        """Return values for settings that are not given, in place of their own defaults."""
        return {}

    def start(self) -> None:
        """Open what the node needs, then subscribe and publish."""
        raise NotImplementedError

    def change(self, config: Any) -> None:
        """Take a config object with changed live settings, or raise ConfigError to refuse it."""

    def stop(self) -> None:
        """Give back what `start` opened; no frame is being worked on. May be called again."""

    def facts(self) -> Mapping[str, str]:
        """Return what else /diagnostics should say of this node."""
        return {}

    def idle(self) -> str:
        """Return why the node does not work, '' where it does."""
        return ''

    def listened_to(self) -> Sequence[ExchangeSubscription[Any]]:
        """Return the subscriptions of this node."""
        return tuple(self._subscriptions_here)

    def spoken_on(self) -> Sequence[ExchangePublisher[Any]]:
        """Return the publishers of this node."""
        return tuple(self._publishers_here)

    def given(self, name: str) -> Any:
        """Return the value that was given for a parameter, None where none was."""
        if 'parameters' in vars(self):
            return self.parameters.given.get(name)
        parameter = self._parameter_overrides.get(name)
        return None if parameter is None else parameter.value

    def publish_to(
        self, wire: Wire[Value], topic: str, qos: QoSProfile
    ) -> ExchangePublisher[Value]:
        """Offer a topic."""
        publisher = ExchangePublisher(self, wire, topic, qos, local=self._use_exchange)
        self._publishers_here.append(publisher)
        return publisher

    def subscribe(
        self,
        wire: Wire[Value],
        topic: str,
        qos: QoSProfile,
        work: Callable[[Packet[Value]], bool | None],
        *,
        depth: int,
    ) -> None:
        """
        Have `work` done on each packet of a topic, one at a time in this node.

        Work that returns False has only put the packet aside: it is neither done nor dropped yet.
        """
        receive = partial(self.stats.receive, are_prompts=wire.is_prompt)

        def guarded(packet: Packet[Value]) -> None:
            receive()
            with self._turn:
                self.survive(lambda: work(packet))

        def bad(error: Exception) -> None:
            receive()
            self._drop(error)

        def make_room() -> None:
            receive()
            self.stats.drop('newer frame came')

        def lose(count: int) -> None:
            receive(count)
            self.stats.drop('lost on the way', count)

        subscription = ExchangeSubscription(
            self,
            wire,
            topic,
            qos,
            guarded,
            depth=depth,
            on_bad=bad,
            on_drop=make_room,
            on_lost=lose,
            local=self._use_exchange,
        )
        self._subscriptions_here.append(subscription)

    def create_subscription(self, *args: Any, **options: Any) -> Any:
        """Create a subscription, and forget those that are destroyed, as rclpy does not."""
        forget_destroyed(self)
        return super().create_subscription(*args, **options)

    def destroy_node(self) -> None:
        """Stop listening, finish the frame in hand, give back everything."""
        self.stop_listening()
        self.stop_speaking()
        self.stop()
        self.diagnostics.stop()
        super().destroy_node()

    def stop_listening(self) -> None:
        """Drop the subscriptions, once the frame in hand is done."""
        for subscription in self._subscriptions_here:
            subscription.destroy()
        self._subscriptions_here.clear()

    def stop_speaking(self) -> None:
        """Withdraw the topics."""
        for publisher in self._publishers_here:
            publisher.destroy()
        self._publishers_here.clear()

    def survive(self, work: Callable[[], bool | None]) -> None:
        """Do one frame's work: count it, or tell and count why it was dropped."""
        begin = time.perf_counter()
        try:
            with Speaking(self):
                done = work()
        except Exception as error:
            self._drop(error)
        else:
            if done is not False:
                self.stats.finish(time.perf_counter() - begin)

    def pairs(self, depth: int, tolerance_s: float = 0.0, *, what: str) -> StampPairs:
        """Return a synchronizer that tells and counts what finds no partner."""

        def lonely(in_a_row: int) -> None:
            self.stats.drop('no partner of its stamp')
            # One now and then is what is left of a frame that was dropped elsewhere.
            if in_a_row >= depth:
                self.get_logger().warning(
                    f'{in_a_row} frames dropped: {what} has no partner with a stamp within '
                    f'{tolerance_s:g} s, or it comes when {depth} newer ones are here',
                    throttle_duration_sec=5.0,
                )

        return StampPairs(depth, tolerance_s, on_unmatched=lonely)

    def _drop(self, error: Exception) -> None:
        if not self.context.ok():
            return
        text = in_words(error)
        self.stats.drop(type(error).__name__, words=text)
        # By its words, not by this line: another fault must not wait until the first is over.
        if self._throttle.allows(text):
            said = f'frame dropped: {text[:_LONGEST]}'
            # On lines of their own: rclpy refuses another severity from the same place.
            if isinstance(error, InputError):
                self.get_logger().warning(said)
            else:
                self.get_logger().error(said)
