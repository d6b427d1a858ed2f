"""Stops a computation that takes too long, or that nobody waits for.

An interrupt that comes between two statements is lost, so interrupts are repeated until the computation ends.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from inference_events.monitoring.engine.errors import QueryCancelled, QueryTimeout

LOOK_SECONDS = 0.05


class Watchdog:
    """Knows whether a computation must stop: some seconds after `started`, or once `cancelled` is set.

    `started` is a time of the monotonic clock, None for now.
    """

    def __init__(self, seconds: float, cancelled: threading.Event, started: float | None = None) -> None:
        self._seconds = seconds
        self._deadline = (time.monotonic() if started is None else started) + seconds
        self._cancelled = cancelled

    @property
    def remaining(self) -> float:
        """The seconds that are left."""
        return self._deadline - time.monotonic()

    def check(self) -> None:
        """Raise QueryCancelled or QueryTimeout if the computation must stop."""
        if self._cancelled.is_set():
            raise QueryCancelled
        if self.remaining <= 0:
            raise QueryTimeout(self._seconds)

    @contextmanager
    def watching(self, interrupt: Callable[[], None]) -> Iterator[None]:
        """Call `interrupt` in another thread, again and again, while the block goes on although it must stop."""
        ended = threading.Event()
        thread = threading.Thread(target=self._watch, args=(ended, interrupt), name="figures-watchdog", daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()

    def _watch(self, ended: threading.Event, interrupt: Callable[[], None]) -> None:
        while not ended.wait(LOOK_SECONDS):
            if self._cancelled.is_set() or self.remaining <= 0:
                interrupt()
