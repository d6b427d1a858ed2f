"""The in-memory DuckDB instances in which figures are computed: one per computation that may run at a time.

DuckDB limits memory per instance only. So each computation has an instance to itself, and one that needs too much
memory fails alone. An instance reads nothing but what it is given: no files, no network, no extensions.

While computations that take long have all instances, quick ones still get their turn: on another instance, which has
less memory and is lent for a short time only.
"""

import queue
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import duckdb

from inference_events.limits import GIB
from inference_events.monitoring.engine.errors import EngineBusy, QueryTooLarge
from inference_events.monitoring.engine.watchdog import Watchdog

MEMORY_BYTES = GIB
INSTANCES = 2
WAIT_SECONDS = 2.0
LOOK_SECONDS = 0.05
# Who waited so long for an instance gets the one for quick computations.
PATIENCE_SECONDS = 0.25
QUICK_SECONDS = 2.0
# The share of the memory that is that one's.
QUICK_SHARE = 8
FORBIDDEN = (
    "enable_external_access",
    "autoinstall_known_extensions",
    "autoload_known_extensions",
    "allow_community_extensions",
    "python_enable_replacements",
)


@dataclass
class Place:
    """An instance, if it is open, and its bounds. `seconds` is how long it is lent, None for as long as one likes."""

    memory_bytes: int
    seconds: float | None = None
    instance: duckdb.DuckDBPyConnection | None = None


class Readers:
    """Lends instances, each to one thread at a time."""

    def __init__(
        self,
        instances: int = INSTANCES,
        memory_bytes: int = MEMORY_BYTES,
        wait_seconds: float = WAIT_SECONDS,
        quick_seconds: float = QUICK_SECONDS,
    ) -> None:
        """`instances` is the number of those that are lent for any time, `memory_bytes` the memory of all together.

        `wait_seconds` is how long a thread waits for one of them, and `quick_seconds` how long it may have the one for
        quick computations.
        """
        self._wait_seconds = wait_seconds
        self._free: queue.Queue[Place] = queue.Queue()
        self._quick: queue.Queue[Place] = queue.Queue()
        self._quick.put(Place(memory_bytes // QUICK_SHARE, quick_seconds))
        for _ in range(instances):
            self._free.put(Place((memory_bytes - memory_bytes // QUICK_SHARE) // instances))

    @contextmanager
    def one(self, watchdog: Watchdog) -> Iterator[duckdb.DuckDBPyConnection]:
        """Lend a connection of an instance. Raises EngineBusy, QueryCancelled and QueryTimeout."""
        place = self._take(watchdog)
        try:
            if place.seconds is not None:
                watchdog.hurry(place.seconds)
            place.instance = place.instance or open_instance(place.memory_bytes)
            with place.instance.cursor() as connection:
                yield connection
        except (duckdb.FatalException, duckdb.InternalException):
            # Every later statement of the instance would fail.
            place.instance = None
            raise
        except QueryTooLarge:
            if place.seconds is None:
                raise
            # Another instance may have enough memory.
            raise EngineBusy from None
        finally:
            (self._free if place.seconds is None else self._quick).put(place)

    def close(self) -> None:
        """Close the instances that are not lent."""
        for places in (self._free, self._quick):
            with suppress(queue.Empty):
                while True:
                    instance = places.get_nowait().instance
                    if instance is not None:
                        instance.close()

    def _take(self, watchdog: Watchdog) -> Place:
        started = time.monotonic()
        while True:
            watchdog.check()
            with suppress(queue.Empty):
                return self._free.get(timeout=LOOK_SECONDS)
            waited = time.monotonic() - started
            if waited >= self._wait_seconds:
                raise EngineBusy
            if waited >= PATIENCE_SECONDS:
                with suppress(queue.Empty):
                    return self._quick.get_nowait()


def open_instance(memory_bytes: int) -> duckdb.DuckDBPyConnection:
    """Return a connection of a new instance, which has one thread."""
    instance = duckdb.connect(
        ":memory:", config={"threads": 1, "memory_limit": f"{memory_bytes}B", "temp_directory": ""}
    )
    for setting in FORBIDDEN:
        instance.execute(f"SET {setting} = false")
    instance.execute("SET lock_configuration = true")
    return instance
