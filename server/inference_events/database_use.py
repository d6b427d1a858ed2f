"""A replica's use of its database: the connections of a pool, retried transactions, and unknown commits."""

import threading
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.pool import PoolProxiedConnection, QueuePool


class CountedPool(QueuePool):
    """A pool of connections that knows how many threads wait for one."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._waiting = 0
        self._waiting_lock = threading.Lock()

    @property
    def waiting(self) -> int:
        """The number of threads that wait for a connection, or for a new one to be made."""
        return self._waiting

    def connect(self) -> PoolProxiedConnection:
        self._note_waiting(1)
        try:
            return super().connect()
        finally:
            self._note_waiting(-1)

    def _note_waiting(self, change: int) -> None:
        with self._waiting_lock:
            self._waiting += change


@dataclass
class DatabaseUse:
    """Count a pool's connections, of which there are `limit` at most, and its transactions. Any thread may use it.

    `retries` are transactions that ran again. `unknown_commits` are commits in which the connection was lost.
    """

    pool: CountedPool
    limit: int
    retries: int = 0
    unknown_commits: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def note_retry(self) -> None:
        with self._lock:
            self.retries += 1

    def note_unknown_commit(self) -> None:
        with self._lock:
            self.unknown_commits += 1

    def connections(self) -> dict[str, int]:
        """Return how many connections are in use and idle."""
        return {"in_use": self.pool.checkedout(), "idle": self.pool.checkedin()}
