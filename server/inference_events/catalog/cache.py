"""Results of reads, cached until the catalog changes.

One row of the catalog has its version. Each write to a table that cached results depend on raises the version, last in
its transaction. A result is stored with the version that was known before it was read, and returned while that version
is still the newest known one. If other replicas write, too, a thread reads the version every 500 ms. A result is then
returned only if the version was read within the last second, so a revoked token fails everywhere within a second.
"""

import threading
import time
from collections.abc import Callable, Hashable
from contextlib import suppress
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

LOOK_EVERY_SECONDS = 0.5
MAX_AGE_SECONDS = 0.9
_MAX_RESULTS = 4096


class Cache:
    """Caches results of reads by key. `is_shared` is true if other processes raise the version, too."""

    def __init__(self, is_shared: bool) -> None:
        self.version = 0
        self._is_shared = is_shared
        self._looked_at = -MAX_AGE_SECONDS
        self._results: dict[Hashable, tuple[int, Any]] = {}
        # The version of the results.
        self._kept = 0
        self._lock = threading.Lock()

    def find(self, key: Hashable) -> Any:
        """Return the result for a key, None if there is none or it may be stale."""
        known = self._results.get(key)
        if known is None or known[0] != self.version or not self._is_current():
            return None
        return known[1]

    def keep(self, key: Hashable, version: int, result: object) -> None:
        """Store a result with the version that was known before it was read."""
        if version < self._kept:
            return
        if version > self._kept or len(self._results) >= _MAX_RESULTS:
            # Results of an earlier version are never returned again, and those of a wide model take several MiB.
            self._results, self._kept = {}, version
        self._results[key] = (version, result)

    def note(self, version: int) -> None:
        """Note a committed version. It may not be the newest one."""
        with self._lock:
            self.version = max(self.version, version)

    def look(self, read_version: Callable[[], int]) -> None:
        """Read the version of a shared catalog."""
        began = time.monotonic()
        self.note(read_version())
        self._looked_at = began

    def _is_current(self) -> bool:
        return not self._is_shared or time.monotonic() - self._looked_at < MAX_AGE_SECONDS


class VersionWatch:
    """Reads the version regularly in a thread, from construction to `close`."""

    def __init__(self, look: Callable[[], None]) -> None:
        self._look = look
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="catalog-version", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the thread."""
        self._closing.set()
        self._thread.join()

    def _run(self) -> None:
        while True:
            # After a failure, no cached result is returned until the database responds again.
            with suppress(SQLAlchemyError):
                self._look()
            if self._closing.wait(LOOK_EVERY_SECONDS):
                return
