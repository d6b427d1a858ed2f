"""The in-memory DuckDB instances in which figures are computed: one per computation that may run at a time.

DuckDB limits memory per instance only. So each computation has an instance to itself, and one that needs too much
memory fails alone. An instance reads nothing but what it is given: no files, no network, no extensions.
"""

import queue
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import duckdb

from inference_events.limits import GIB
from inference_events.monitoring.engine.errors import EngineBusy
from inference_events.monitoring.engine.watchdog import Watchdog

MEMORY_BYTES = GIB
INSTANCES = 2
WAIT_SECONDS = 2.0
LOOK_SECONDS = 0.05
FORBIDDEN = (
    "enable_external_access",
    "autoinstall_known_extensions",
    "autoload_known_extensions",
    "allow_community_extensions",
    "python_enable_replacements",
)


class Readers:
    """Lends instances, each to one thread at a time."""

    def __init__(
        self, instances: int = INSTANCES, memory_bytes: int = MEMORY_BYTES, wait_seconds: float = WAIT_SECONDS
    ) -> None:
        """`memory_bytes` is the memory of all together. `wait_seconds` is how long a thread waits for an instance."""
        self._memory_bytes = memory_bytes // instances
        self._wait_seconds = wait_seconds
        self._free: queue.Queue[duckdb.DuckDBPyConnection | None] = queue.Queue()
        for _ in range(instances):
            self._free.put(None)

    @contextmanager
    def one(self, watchdog: Watchdog) -> Iterator[duckdb.DuckDBPyConnection]:
        """Lend a connection of an instance. Raises EngineBusy, QueryCancelled and QueryTimeout."""
        instance = self._take(watchdog)
        try:
            instance = instance or open_instance(self._memory_bytes)
            with instance.cursor() as connection:
                yield connection
        except (duckdb.FatalException, duckdb.InternalException):
            # Every later statement of the instance would fail.
            instance = None
            raise
        finally:
            self._free.put(instance)

    def close(self) -> None:
        """Close the instances that are not lent."""
        with suppress(queue.Empty):
            while True:
                instance = self._free.get_nowait()
                if instance is not None:
                    instance.close()

    def _take(self, watchdog: Watchdog) -> duckdb.DuckDBPyConnection | None:
        deadline = time.monotonic() + self._wait_seconds
        while True:
            watchdog.check()
            with suppress(queue.Empty):
                return self._free.get(timeout=LOOK_SECONDS)
            if time.monotonic() >= deadline:
                raise EngineBusy


def open_instance(memory_bytes: int) -> duckdb.DuckDBPyConnection:
    """Return a connection of a new instance, which has one thread."""
    instance = duckdb.connect(
        ":memory:", config={"threads": 1, "memory_limit": f"{memory_bytes}B", "temp_directory": ""}
    )
    for setting in FORBIDDEN:
        instance.execute(f"SET {setting} = false")
    instance.execute("SET lock_configuration = true")
    return instance
