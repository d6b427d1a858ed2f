"""Requests and jobs keep their order, with concurrent ones at two replicas and while connections are cut.

Every value is written once. Each operation has an interval: a request from its call to its response, a job from the
call to the response of its acceptance, at which it acts even if it runs later. At the end each cell must hold a value
that no other operation definitely follows.
"""

import os
import random
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any

import psycopg
import pytest

from inference_events.events.store import Store
from inference_events.events.types import Deletion, Query, WriteKind
from inference_events.stores.postgres import PostgresEventStore, staging, transactions
from tests.stores.opened import EVERYTHING, MODEL, Opened, chunk, names
from tests.stores.postgres.test_failures import OTHERS

SECONDS = float(os.environ.get("ORDER_SECONDS", "5"))
WRITERS = 4
IDS_AT_ONCE = 4
# After this time other ids are used. So many of the last values are looked at, and each was fought for.
ROUND_SECONDS = 0.4
COLUMNS = ("x", "n")
Cells = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Operation:
    """What was done to some events between two moments: cells by id and column, or a deletion of whole events."""

    start: float
    end: float
    cells: Cells
    deletes: bool = False

    def definitely_follows(self, other: "Operation") -> bool:
        return self.start > other.end


class History:
    """Runs operations on two stores and remembers when they were acknowledged."""

    def __init__(self, opened: Opened, stores: list[Store]) -> None:
        self._opened = opened
        self._stores = stores
        self._numbers = count(1)
        self._lock = threading.Lock()
        self.operations: list[Operation] = []
        self.failures: list[BaseException] = []

    def request(self, chosen: random.Random) -> None:
        """Publish or update some events."""
        kind = chosen.choice([WriteKind.PUBLISH, WriteKind.UPDATE, WriteKind.UPDATE])
        rows = self._rows(chosen, with_nulls=kind is WriteKind.UPDATE)
        write = self._opened.write_of(kind, [{"id": each, **cells} for each, cells in rows.items()])
        start = time.monotonic()
        statuses = names(chosen.choice(self._stores).write(write).result())
        done = {
            each: cells for (each, cells), status in zip(rows.items(), statuses, strict=True) if status != "unknown"
        }
        self._add(Operation(start, time.monotonic(), done))

    def job(self, chosen: random.Random) -> None:
        """Accept two jobs, and run them in order, some time later and somewhere else. Often no job is open."""
        time.sleep(chosen.random() / 10)
        accepted = [self._accept(chosen) for _ in range(2)]
        time.sleep(chosen.random() / 50)
        for run in accepted:
            run()

    def _accept(self, chosen: random.Random) -> Callable[[], None]:
        store, job_id = chosen.choice(self._stores), f"job {next(self._numbers)}"
        start = time.monotonic()
        epoch = chosen.choice(self._stores).accept_job(MODEL, job_id).result()
        end = time.monotonic()
        rows = self._rows(chosen, with_nulls=False)
        if chosen.random() < 0.4:
            deletion = Deletion(MODEL, "production", epoch, job_id, 0, event_ids=list(rows))

            def run() -> None:
                store.delete(deletion).result()
                store.end_job(job_id).result()

            self._add(Operation(start, end, rows, deletes=True))
            return run
        self._add(Operation(start, end, rows))
        return lambda: self._publish_file(store, job_id, epoch, rows)

    def _publish_file(self, store: Store, job_id: str, epoch: int, rows: Cells) -> None:
        for place, (each, cells) in enumerate(rows.items()):
            part = chunk(job_id, [place], start=place)
            row = {"id": each, **cells}
            store.write(self._opened.write_of(WriteKind.PUBLISH, [row], epoch=epoch, chunk=part)).result()
        store.end_job(job_id).result()

    def _rows(self, chosen: random.Random, *, with_nulls: bool) -> dict[str, dict[str, Any]]:
        rows = {}
        ids = [f"{time.monotonic() // ROUND_SECONDS} {number}" for number in range(IDS_AT_ONCE)]
        for each in chosen.sample(ids, chosen.randint(1, IDS_AT_ONCE)):
            columns = chosen.sample(COLUMNS, chosen.randint(1, 2))
            rows[each] = {name: self._value(name, chosen, with_nulls=with_nulls) for name in columns}
        return rows

    def _value(self, name: str, chosen: random.Random, *, with_nulls: bool) -> Any:
        if with_nulls and chosen.random() < 0.2:
            return None
        number = next(self._numbers)
        return float(number) if name == "x" else number

    def _add(self, operation: Operation) -> None:
        with self._lock:
            self.operations.append(operation)

    def run(self, seed: int, act: Callable[[random.Random], None], until: float) -> None:
        """Act again and again. What can be tried again has perhaps happened, but its values are unknown then."""
        chosen = random.Random(seed)
        try:
            while time.monotonic() < until:
                act(chosen)
        except BaseException as error:
            self.failures.append(error)

    def check(self, stored: Cells) -> list[str]:
        """Return the cells that hold what they must not hold."""
        wrong = []
        for each in {event_id for operation in self.operations for event_id in operation.cells}:
            about = [operation for operation in self.operations if each in operation.cells]
            effective = [one for one in about if not one.deletes or not _is_survived(one, about)]
            for name in COLUMNS:
                relevant = [one for one in about if one.deletes or name in one.cells[each]]
                followers = [one for one in relevant if one in effective]
                allowed = {
                    None if one.deletes else one.cells[each][name]
                    for one in relevant
                    if not any(other.definitely_follows(one) for other in followers)
                } or {None}
                value = stored.get(each, {}).get(name)
                if value not in allowed:
                    wrong.append(f"{each} {name}: {value}, allowed {allowed}")
        return wrong


def _is_survived(deletion: Operation, about: list[Operation]) -> bool:
    """Return whether an event may outlive a deletion, because it was written after that was accepted."""
    return any(not one.deletes and one.end > deletion.start for one in about)


@pytest.mark.parametrize("cuts", [False, True])
def test_requests_and_jobs_act_in_order(
    opened: Opened, replica: PostgresEventStore, url: str, monkeypatch: pytest.MonkeyPatch, cuts: bool
) -> None:
    """No job undoes what was acknowledged after its acceptance, and nothing that was acknowledged is lost."""
    stalled = random.Random(0)

    def stalling(original: Callable[..., Any]) -> Callable[..., Any]:
        def stall(*arguments: Any) -> Any:
            # Mostly short, sometimes long enough for all others to overtake.
            time.sleep(stalled.random() ** 6 / 10)
            return original(*arguments)

        return stall

    for module, name in ((staging, "insert_or_lock"), (staging, "update_rows"), (transactions, "commit")):
        monkeypatch.setattr(module, name, stalling(getattr(module, name)))
    monkeypatch.setattr(transactions, "MAX_ATTEMPTS", 50)
    history = History(opened, [opened.store, replica])
    until = time.monotonic() + SECONDS
    work = [history.request] * WRITERS + [history.job]
    threads = [threading.Thread(target=history.run, args=(seed, act, until)) for seed, act in enumerate(work)]
    for thread in threads:
        thread.start()
    with psycopg.connect(url, autocommit=True, prepare_threshold=None) as session:
        while cuts and time.monotonic() < until:
            session.execute(OTHERS)
            time.sleep(0.3)
    for thread in threads:
        thread.join()
    assert history.failures == []
    assert len(history.operations) > 30
    found = replica.read(Query(MODEL, "production", EVERYTHING))
    events = zip(found.system["event_id"].to_pylist(), found.values.to_pylist(), strict=True)
    assert history.check(dict(events)) == []
