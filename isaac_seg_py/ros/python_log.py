"""Warnings of what works for a node: by its own logger, and so on /rosout, too."""

from __future__ import annotations

import logging
import threading
from typing import Final

from rclpy.node import Node

_PACKAGE: Final = __name__.partition('.')[0]


class _Here(threading.local):
    """The node that this thread works for."""

    node: Node | None = None


_HERE: Final = _Here()


class Speaking:
    """Have a node say what is said in this thread meanwhile."""

    __slots__ = ('_before', '_node')

    def __init__(self, node: Node) -> None:
        """Take the node."""
        self._node = node

    def __enter__(self) -> None:
        """Begin."""
        self._before, _HERE.node = _HERE.node, self._node

    def __exit__(self, *error: object) -> None:
        """Have the node from before speak again."""
        _HERE.node = self._before


class _ByNode(logging.Handler):
    """Hands a line to the node that this thread works for."""

    def emit(self, record: logging.LogRecord) -> None:
        """Say it once: by a node, else as Python does where nobody has set up logging."""
        node = _HERE.node
        if node is not None:
            try:
                _say(node, record)
            except Exception:
                # A line that cannot be told must not cost the work that it is about.
                self.handleError(record)
        elif not logging.getLogger().handlers and logging.lastResort is not None:
            logging.lastResort.handle(record)


def _say(node: Node, record: logging.LogRecord) -> None:
    # rcl takes no lone halves of characters, as strange file names have, and stops at a NUL.
    text = record.getMessage().encode(errors='backslashreplace').decode().replace('\0', r'\x00')
    # On lines of their own: rclpy refuses another severity from the same place.
    if record.levelno >= logging.ERROR:
        node.get_logger().error(text)
    else:
        node.get_logger().warning(text)


_HANDLER: Final = _ByNode(logging.WARNING)


def hear_python() -> None:
    """Have nodes say warnings of this package; may be called again."""
    logging.getLogger(_PACKAGE).addHandler(_HANDLER)
