"""Receive notifications of other replicas that a job may be ready, to find it before the next poll.

A notification is a hint: a crash, a pooler or a failover may lose it. A lost one only delays the job by some seconds.
"""

import threading
from collections.abc import Callable
from contextlib import suppress

import psycopg

from inference_events.catalog.concurrency import CHANNEL

_RETRY_SECONDS = 5.0
# `close` may wait this long.
_POLL_SECONDS = 0.5


class Listener:
    """Calls `wake` at each notification, in its own thread and on its own connection, until `close`."""

    def __init__(self, connect: Callable[[], psycopg.Connection], wake: Callable[[], object]) -> None:
        self._connect = connect
        self._wake = wake
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="catalog-notifications", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the thread."""
        self._closing.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._closing.is_set():
            with suppress(psycopg.Error):
                self._listen()
            self._closing.wait(_RETRY_SECONDS)

    def _listen(self) -> None:
        with self._connect() as connection:
            connection.execute(f"LISTEN {CHANNEL}")
            # A notification may have been sent before the connection listened.
            self._wake()
            while not self._closing.is_set():
                for _ in connection.notifies(timeout=_POLL_SECONDS, stop_after=1):
                    self._wake()
