"""Wire: how one kind of value looks as a ROS message."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, NoReturn, TypeVar

from std_msgs.msg import Header

from ..errors import InputError

Value = TypeVar('Value')


@dataclass(frozen=True)
class Wire(Generic[Value]):
    """
    A message type with the way there and back; both check what they are given.

    `is_prompt` says that it shows which objects are meant, and is no frame of a camera.
    """

    message: type
    to_message: Callable[[Header, Value], Any]
    from_message: Callable[[Any], Value]
    is_prompt: bool = False


def only_sent(message: type, to_message: Callable[[Header, Value], Any]) -> Wire[Value]:
    """Return the wire of a message that this suite sends and never reads."""

    def refuse(came: Any) -> NoReturn:
        raise InputError(
            f'a {type(came).__name__} came; this suite only sends them. Remap the topic'
        )

    return Wire(message, to_message, refuse)
