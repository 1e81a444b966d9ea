"""Whose turn it is at a network that several have, and who goes with whom in one run."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
import logging
import threading
from typing import cast, Final

from .base import Arrays, Backend
from .joining import fit_together, Joining, rows_of
from ..errors import BackendError

_LOG: Final = logging.getLogger(__name__)


@dataclass(eq=False)
class _Request:
    """
    What somebody asks of the network, and what came of it.

    `company` is set when it is their turn to run it, for themselves and who else is in there;
    `called` is there for those who wait, until they have `left`.
    """

    inputs: Arrays
    company: Sequence[_Request] = ()
    outcome: Arrays | Exception | None = None
    left: bool = False
    called: threading.Event = field(init=False)


class Turns:
    """
    Lets as many run a network at once as it takes, in the order in which they come.

    Whoever finds it free runs it, and waits for nobody. Of those who wait, the ones that fit go
    together in one run, `most` rows or less. Where that fails they go one by one, so that an error
    reaches only those whose input it is.
    """

    def __init__(self, network: Backend, most: int = 1) -> None:
        """Take the network, which is closed with this."""
        self.network = network
        self._joining = Joining(network, most)
        self._lock = threading.Lock()
        self._is_quiet = threading.Condition(self._lock)
        self._running: set[_Request] = set()
        self._waiting: deque[_Request] = deque()
        self._closed = False

    def run(self, inputs: Arrays) -> Arrays:
        """Run the network on checked inputs, in turn."""
        mine = _Request(inputs)
        # Whoever is in there holds a turn, and whatever ends this thread, it goes on to the next.
        try:
            with self._lock:
                if self._closed:
                    raise BackendError(f'the {self.network.name} backend is closed')
                if len(self._running) < self.network.runs_at_once:
                    self._running.add(mine)
                    mine.company = [mine]
                else:
                    mine.called = threading.Event()
                    self._waiting.append(mine)
            if mine not in self._running:
                self._wait(mine)
            if mine.company:
                self._serve(mine.company)
        finally:
            if mine in self._running:
                self._pass_on(mine)
        if isinstance(mine.outcome, Exception):
            raise mine.outcome
        return cast('Arrays', mine.outcome)

    def close(self) -> None:
        """Close the network when no run is under way any more."""
        with self._is_quiet:
            self._closed = True
            self._is_quiet.wait_for(lambda: not self._running)
        self.network.close()

    def _wait(self, mine: _Request) -> None:
        """Wait until it was served by somebody, or until it is this one's turn."""
        try:
            mine.called.wait()
        except BaseException:
            with self._lock:
                mine.left = True
                if mine in self._waiting:
                    self._waiting.remove(mine)
            raise

    def _serve(self, company: Sequence[_Request]) -> None:
        """Run the network and set what came of it for everybody in the company."""
        if len(company) == 1:
            company[0].outcome = self.network.run(company[0].inputs)
            return
        try:
            found = self._joining.run([one.inputs for one in company])
        except Exception as error:
            self._one_by_one(company, error)
        else:
            for one, outputs in zip(company, found, strict=True):
                one.outcome = outputs

    def _one_by_one(self, company: Sequence[_Request], fault: Exception) -> None:
        """Run again what failed together; errors are for those whose own run fails."""
        for one in company:
            try:
                one.outcome = self.network.run(one.inputs)
            except Exception as error:
                one.outcome = error
        if not any(isinstance(one.outcome, Exception) for one in company):
            # Each by itself was good, so it is the network that does not take them together.
            self._joining.most = 1
            _LOG.warning('images are run one by one, because together they failed: %s', fault)

    def _pass_on(self, mine: _Request) -> None:
        """Wake those who were served, and whoever is next; else the network is free."""
        others = [one for one in mine.company if one is not mine]
        # It names itself there: a circle, which would keep the arrays from being used again.
        mine.company = ()
        with self._lock:
            # Whoever was left over, because somebody ended this thread, is the first again.
            again = [one for one in others if one.outcome is None and not one.left]
            self._waiting.extendleft(reversed(again))
            company = self._gathered()
            if company:
                company[0].company = company
                self._running.add(company[0])
            self._running.discard(mine)
            if not self._running:
                self._is_quiet.notify_all()
        for one in (*others, *company[:1]):
            if one.company or one.outcome is not None:
                one.called.set()

    def _gathered(self) -> list[_Request]:
        """Take the first who waits, and those behind it who fit."""
        if not self._waiting:
            return []
        company = [self._waiting.popleft()]
        rows = rows_of(company[0].inputs)
        for one in list(self._waiting):
            more = rows_of(one.inputs)
            if rows + more <= self._joining.most and fit_together(company[0].inputs, one.inputs):
                company.append(one)
                self._waiting.remove(one)
                rows += more
        return company
