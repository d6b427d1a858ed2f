"""Stops a computation that takes too long, or that nobody waits for."""

import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager

from inference_events.interrupting import interrupting
from inference_events.monitoring.engine.errors import EngineBusy, QueryCancelled, QueryTimeout


class Watchdog:
    """Knows whether a computation must stop: some seconds after `started`, or once `cancelled` is set.

    `started` is a time of the monotonic clock, None for now.
    """

    def __init__(self, seconds: float, cancelled: threading.Event, started: float | None = None) -> None:
        self._seconds = seconds
        self._deadline = (time.monotonic() if started is None else started) + seconds
        self._cancelled = cancelled
        self._is_hurried = False

    @property
    def remaining(self) -> float:
        """The seconds that are left."""
        return self._deadline - time.monotonic()

    def hurry(self, seconds: float) -> None:
        """Leave only so many seconds from now, because others compute. Afterwards `check` raises EngineBusy."""
        if seconds < self.remaining:
            self._deadline = time.monotonic() + seconds
            self._is_hurried = True

    def check(self) -> None:
        """Raise QueryCancelled, QueryTimeout or EngineBusy if the computation must stop."""
        if self._cancelled.is_set():
            raise QueryCancelled
        if self.remaining <= 0:
            raise EngineBusy if self._is_hurried else QueryTimeout(self._seconds)

    def watching(self, interrupt: Callable[[], None]) -> AbstractContextManager[None]:
        """Call `interrupt` in another thread, again and again, while the block goes on although it must stop."""
        return interrupting(interrupt, self._must_stop, "figures-watchdog")

    def _must_stop(self) -> bool:
        return self._cancelled.is_set() or self.remaining <= 0
