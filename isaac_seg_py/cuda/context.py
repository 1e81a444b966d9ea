"""Who owns what: everything made on a device is given back once, and before its context."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
import logging
from threading import local, RLock
from types import TracebackType
from typing import Any
import weakref

from .binding import Binding
from ..closing import Closing
from ..errors import BackendError

_log = logging.getLogger(__name__)


class _OfThread(local):
    """Whether this thread is capturing, and what it has to give back when that is over."""

    capturing = 0

    def __init__(self) -> None:
        """Start with nothing to give back."""
        self.later: list[Callable[[], None]] = []


_this_thread = _OfThread()


class Context:
    """
    The primary context of a device, with all that was made in it and not given back yet.

    `with context:` makes it current on the calling thread, and leaves the thread as it was.
    """

    def __init__(self, binding: Binding) -> None:
        """Take over a context that the binding holds."""
        self.binding = binding
        # In the order of making. Reentrant: garbage may be collected, and so given back, anywhere.
        self._owned: dict[int, weakref.finalize[..., Any]] = {}
        self._lock = RLock()
        self._count = 0
        self._closing = False
        self._released = False

    def __enter__(self) -> Binding:
        """Make the context current on this thread; return the binding."""
        if self._released:
            raise BackendError('the CUDA device is closed; open it again')
        self.binding.push()
        return self.binding

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Make the context current that was so before."""
        self.binding.pop()

    def own(
        self, owner: object, free: Callable[[int], None], handle: int, at_exit: bool
    ) -> weakref.finalize[..., Any]:
        """Give `handle` back when told so, when `owner` is forgotten, or at exit."""
        with self._lock:
            if self._closing:
                with self:
                    free(handle)
                raise BackendError('the CUDA device is closed; open it again')
            self._count += 1
            finalizer = weakref.finalize(owner, self._give_back, self._count, free, handle)
            finalizer.atexit = at_exit
            self._owned[self._count] = finalizer
            return finalizer

    def close(self) -> None:
        """
        Give back all that was made, the newest first, and then the context itself.

        Page-locked memory stays while an array shows it: the context goes with the last of it.
        """
        with self._lock:
            if self._closing:
                return
            self._closing = True
            for finalizer in reversed(self._owned.copy().values()):
                if finalizer.atexit:
                    finalizer()
            self._release_if_empty()

    def _give_back(self, number: int, free: Callable[[int], None], handle: int) -> None:
        if _this_thread.capturing:
            # Freeing would break the capture, which may be that of another device object.
            _this_thread.later.append(lambda: self._give_back(number, free, handle))
            return
        with self._lock:
            del self._owned[number]
            try:
                with self:
                    free(handle)
            except BackendError as error:
                # After a fault on the device every call fails; the rest is still to be done.
                _log.warning('%s', error)
            self._release_if_empty()

    def _release_if_empty(self) -> None:
        if self._closing and not self._owned and not self._released:
            self._released = True
            self.binding.release()


@contextmanager
def no_freeing() -> Iterator[None]:
    """Put off what this thread would give back, as during a capture nothing may be freed."""
    _this_thread.capturing += 1
    try:
        yield
    finally:
        _this_thread.capturing -= 1
        if not _this_thread.capturing:
            later, _this_thread.later = _this_thread.later, []
            for give_back in later:
                give_back()


class Owned(Closing):
    """A thing on a device: given back by `close`, when nobody refers to it, or at exit."""

    def __init__(
        self, context: Context, handle: int, free: Callable[[int], None], *, at_exit: bool = True
    ) -> None:
        """Take over what was made under that handle."""
        self._context = context
        self._handle = handle
        self._finalizer = context.own(self, free, handle, at_exit)

    @property
    def handle(self) -> int:
        """Return the driver's number of this thing."""
        if not self._finalizer.alive:
            raise BackendError(f'this {type(self).__name__} is closed; make another one')
        return self._handle

    def handle_for(self, context: Context) -> int:
        """Return the handle where another thing's binding can read it, else raise BackendError."""
        own, other = self._context.binding.name, context.binding.name
        if own != other:
            raise BackendError(
                f'this {type(self).__name__} was made through {own} and is used with {other}; '
                'open all devices with the same binding'
            )
        return self.handle

    def close(self) -> None:
        """Give it back; closing twice is harmless."""
        self._finalizer()
