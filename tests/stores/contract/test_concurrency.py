"""What a store promises when many write and read at once."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import chain
from threading import Event as Signal
from typing import Any

import pytest

from inference_events.events.store_errors import ContentConflict, ModelUnknown
from inference_events.events.types import RecordOfRows, Write, WriteKind
from tests.stores.opened import MODEL, NOW, SCHEMA, HookedRecords, Opened, broken_records, names

THREADS = 8
SECONDS = 30


class Gate:
    """Holds the writer up in the middle of a transaction, so that what is written next waits for one commit."""

    def __init__(self, opened: Opened, *records: RecordOfRows) -> None:
        self.entered, self.opened = Signal(), Signal()
        self.fails = False
        write = opened.write_of(WriteKind.PUBLISH, [{"id": "gate"}], "gate", records=HookedRecords(self._wait, records))
        self.passed = opened.store.write(write)
        assert self.entered.wait(SECONDS)

    def _wait(self) -> None:
        self.entered.set()
        assert self.opened.wait(SECONDS)
        if self.fails:
            raise ZeroDivisionError


def test_many_threads_write_and_nothing_is_lost(opened: Opened) -> None:
    """All rows that many threads write at once are stored, each with its own status."""

    def work(thread: int) -> list[str]:
        statuses: list[str] = []
        for number in range(20):
            mine = {"id": f"{thread}-{number}", "n": number}
            statuses += opened.publish(mine, {"id": f"shared-{number}", "name": str(thread)})
        return statuses

    with ThreadPoolExecutor(THREADS) as threads:
        statuses = list(chain.from_iterable(threads.map(work, range(THREADS))))
    assert opened.count() == THREADS * 20 + 20
    assert statuses.count("created") == opened.count()
    assert statuses.count("replaced") == (THREADS - 1) * 20


def test_a_write_is_not_done_before_it_is_committed(opened: Opened) -> None:
    """While a write's transaction is open its future is not done and no read sees it; then both do."""
    gate = Gate(opened)
    waiting = opened.store.write(opened.write_of(WriteKind.PUBLISH, [{"id": "a"}]))
    assert not gate.passed.done()
    assert not waiting.done()
    assert opened.read("gate") == []
    assert opened.read() == []
    gate.opened.set()
    gate.passed.result(SECONDS)
    assert opened.ids("gate") == ["gate"]
    waiting.result(SECONDS)
    assert opened.ids() == ["a"]


def _conflicting(opened: Opened) -> Write:
    return opened.write_of(WriteKind.APPEND, [{"id": "stored", "x": 2.0}, {"id": "new"}], "dataset")


def _failing_records(opened: Opened) -> Write:
    return opened.write_of(WriteKind.PUBLISH, [{"id": "broken"}], records=broken_records())


def _without_model(opened: Opened) -> Write:
    return Write("no-model", "production", WriteKind.PUBLISH, opened.batch([{"id": "a"}]), NOW)


@pytest.mark.parametrize(
    ("make", "error"),
    [(_conflicting, ContentConflict), (_failing_records, ZeroDivisionError), (_without_model, ModelUnknown)],
)
def test_a_write_that_fails_fails_alone(
    opened: Opened, make: Callable[[Opened], Write], error: type[Exception]
) -> None:
    """A write that fails among others that wait for the same commit writes nothing, and the others succeed."""
    opened.append({"id": "stored", "x": 1.0})
    gate = Gate(opened)
    before = opened.store.write(opened.write_of(WriteKind.PUBLISH, [{"id": "before"}]))
    failing = opened.store.write(make(opened))
    after = opened.store.write(opened.write_of(WriteKind.PUBLISH, [{"id": "after"}]))
    gate.opened.set()
    assert [names(future.result(SECONDS)) for future in (before, after)] == [["created"], ["created"]]
    with pytest.raises(error):
        failing.result(SECONDS)
    assert opened.ids() == ["after", "before"]
    assert opened.ids("dataset") == ["stored"]


def test_a_schema_change_among_writes_keeps_its_place(opened: Opened) -> None:
    """Writes, definitions and drops that wait together are done in the order of the calls."""
    gate = Gate(opened)
    other = MODEL.replace("5", "6")
    steps: list[Future[Any]] = [
        opened.store.write(opened.write_of(WriteKind.PUBLISH, [{"id": "a", "x": 1.0}])),
        opened.store.apply_schema(other, 1, SCHEMA),
        opened.store.write(Write(other, "e", WriteKind.PUBLISH, opened.batch([{"id": "b"}]), NOW)),
        opened.store.drop(other),
        opened.store.write(Write(other, "e", WriteKind.PUBLISH, opened.batch([{"id": "c"}]), NOW)),
    ]
    gate.opened.set()
    with pytest.raises(ModelUnknown):
        steps[-1].result(SECONDS)
    for step in steps[:-1]:
        step.result(SECONDS)
    assert opened.ids() == ["a"]
    with pytest.raises(ModelUnknown):
        opened.store.count(other, "e")


def test_a_definition_that_fails_with_its_neighbours_is_done_again(opened: Opened) -> None:
    """A definition is not lost, nor half there, when a write beside it breaks the common transaction."""
    gate = Gate(opened)
    schema = SCHEMA.append(SCHEMA.field("x").with_name("added"))
    defined = opened.store.apply_schema(MODEL, 2, schema)
    failing = opened.store.write(Write(MODEL, "e", WriteKind.PUBLISH, opened.batch([]), NOW, records=broken_records()))
    opened.revision, opened.schema = 2, schema
    written = opened.store.write(opened.write_of(WriteKind.PUBLISH, [{"id": "a", "added": 1.0}]))
    gate.opened.set()
    defined.result(SECONDS)
    written.result(SECONDS)
    with pytest.raises(Exception):  # noqa: B017, PT011
        failing.result(SECONDS)
    assert opened.event("a")["values"] == {"added": 1.0}


def test_reads_see_whole_batches_while_others_write(opened: Opened) -> None:
    """A read that runs while batches are replaced sees each of them whole: all rows of one write or of another."""
    ids = [f"{number:03d}" for number in range(200)]
    opened.publish(*({"id": each, "n": 0} for each in ids))

    def write() -> None:
        for version in range(1, 15):
            opened.publish(*({"id": each, "n": version} for each in ids))

    with ThreadPoolExecutor(1) as threads:
        writing = threads.submit(write)
        while not writing.done():
            events = opened.read()
            assert [event["id"] for event in events] == ids
            assert len({event["values"]["n"] for event in events}) == 1
        writing.result()


def test_reads_go_on_while_columns_change(opened: Opened) -> None:
    """A read at any moment of a schema change succeeds, by the old columns or the new."""
    opened.publish({"id": "a", "x": 1.0})

    def change() -> None:
        for number in range(15):
            opened.define(x=SCHEMA.field("x").type, **{f"added {number}": SCHEMA.field("name").type})

    with ThreadPoolExecutor(1) as threads:
        changing = threads.submit(change)
        while not changing.done():
            assert opened.event("a")["values"] == {"x": 1.0}
        changing.result()


def test_closing_finishes_what_was_accepted(opened: Opened) -> None:
    """Writes that were accepted before the store is closed are committed by it."""
    waiting = [opened.store.write(opened.write_of(WriteKind.PUBLISH, [{"id": f"{n:03d}"}])) for n in range(100)]
    opened.reopen()
    assert all(future.done() for future in waiting)
    assert opened.count() == 100
