"""What the metrics show of a pool of connections."""

import threading
import time

import pytest
from sqlalchemy.exc import TimeoutError as NoConnection

from inference_events.database_use import CountedPool, DatabaseUse
from inference_events.metrics import Metrics


class Idle:
    """A connection that does nothing."""

    def close(self) -> None: ...


def pool(size: int, seconds: float) -> CountedPool:
    return CountedPool(Idle, pool_size=size, max_overflow=0, timeout=seconds, reset_on_return=None)


def test_waiting_threads_are_counted() -> None:
    """A thread counts from its call until it has a connection, or gives up."""
    connections = pool(1, 10)
    use = DatabaseUse(connections, 1)
    held = connections.connect()
    assert (use.connections(), connections.waiting) == ({"in_use": 1, "idle": 0}, 0)
    waiting = threading.Thread(target=lambda: connections.connect().close())
    waiting.start()
    deadline = time.monotonic() + 10
    while not connections.waiting:
        assert time.monotonic() < deadline
    held.close()
    waiting.join(10)
    assert (use.connections(), connections.waiting) == ({"in_use": 0, "idle": 1}, 0)


def test_a_thread_that_gives_up_waits_no_more() -> None:
    """A pool that is exhausted ends the wait, and the count of it."""
    connections = pool(1, 0.01)
    held = connections.connect()
    with pytest.raises(NoConnection):
        connections.connect()
    assert connections.waiting == 0
    held.close()


def test_series_have_the_name_of_the_replica() -> None:
    """Without a name, as on one server, the label is missing."""
    metrics = Metrics()
    assert metrics.registry.get_sample_value("inference_events_job_leases_total", {"status": "lost"}) == 0
    use = DatabaseUse(pool(1, 1), 7)
    metrics.show_databases({"events": use}, "one")
    use.note_retry()
    use.note_unknown_commit()
    labels = {"replica": "one", "pool": "events"}
    found = {
        name: metrics.registry.get_sample_value(f"inference_events_database_{name}", labels)
        for name in ("connections_limit", "waiting", "transaction_retries_total", "unknown_commits_total")
    }
    assert list(found.values()) == [7, 0, 1, 1]
    named = {"replica": "one", "status": "lost"}
    assert metrics.registry.get_sample_value("inference_events_job_leases_total", named) == 0
