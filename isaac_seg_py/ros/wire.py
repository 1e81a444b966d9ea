"""Wire: how one kind of value looks as a ROS message."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from std_msgs.msg import Header

Value = TypeVar('Value')


@dataclass(frozen=True)
class Wire(Generic[Value]):
    """A message type with the way there and back; both check what they are given."""

    message: type
    to_message: Callable[[Header, Value], Any]
    from_message: Callable[[Any], Value]
