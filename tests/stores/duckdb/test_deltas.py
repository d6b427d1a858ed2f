"""Deltas: updates lie beside their rows until many wait, then rows are rewritten, and no read sees a difference."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from inference_events.stores.duckdb.table_schema import TableSchema
from tests.stores.engines import open_duckdb
from tests.stores.opened import MODEL, NOW, SECOND, Opened

MAX_DELTAS = 10
DELTAS = TableSchema(MODEL, 1).deltas
EVENTS = [{"id": str(number), "at": NOW + number * SECOND, "n": number} for number in range(40)]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Opened]:
    opened = Opened(partial(open_duckdb, max_deltas=MAX_DELTAS), tmp_path)
    opened.publish(*EVENTS)
    yield opened
    opened.store.close()


def with_deltas(opened: Opened, tmp_path: Path) -> list[int]:
    """Close the store and return the numbers of the events that have deltas."""
    opened.store.close()
    with duckdb.connect(str(tmp_path / "events.duckdb")) as database:
        rows = database.sql(
            f"SELECT e.c1 FROM {TableSchema(MODEL, 1).table} e JOIN {DELTAS} USING (row_key)"
        ).fetchall()
    opened.reopen()
    return sorted(number for (number,) in rows)


def test_an_update_is_a_delta(opened: Opened, tmp_path: Path) -> None:
    """Updates rewrite no row, and a second one of an event joins its delta."""
    opened.update({"id": "3", "label": True}, {"id": "4", "name": "a"})
    opened.update({"id": "3", "name": "b", "extra": {"e": 1}})
    assert with_deltas(opened, tmp_path) == [3, 4]
    event = opened.event("3")
    assert (event["values"], event["extra"]) == ({"n": 3, "label": True, "name": "b"}, {"e": 1})
    assert opened.event("4")["values"] == {"n": 4, "name": "a"}


def test_an_event_that_moves_is_rewritten(opened: Opened, tmp_path: Path) -> None:
    """A new time rewrites the row, with what its delta says; the time that it has already does not."""
    opened.update({"id": "3", "label": True}, {"id": "4", "label": True})
    opened.update({"id": "3", "at": NOW - SECOND, "name": "a"}, {"id": "4", "at": NOW + 4 * SECOND, "name": "a"})
    assert with_deltas(opened, tmp_path) == [4]
    assert opened.ids(limit=1) == ["3"]
    assert opened.event("3")["values"] == {"n": 3, "label": True, "name": "a"}


def test_rows_that_lie_together_are_rewritten_first(opened: Opened, tmp_path: Path) -> None:
    """When too many deltas wait, rows are rewritten: as many as may be at once, and those that lie closest."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("inference_events.stores.duckdb.writer.MAX_COMPACTED", 4)
        opened.update(*({"id": str(number), "label": True} for number in (0, 9, 10, 11, 12, 20, 25, 30, 33, 36, 39)))
        opened.accept_job()
    assert with_deltas(opened, tmp_path) == [0, 20, 25, 30, 33, 36, 39]
    assert [event["id"] for event in opened.read() if event["values"].get("label")] == [
        *("0", "9", "10", "11", "12", "20", "25", "30", "33", "36", "39")
    ]


def test_columns_may_have_any_name(opened: Opened) -> None:
    """A name may contain any text."""
    name = "it's p.\"x\" -- ';"
    opened.define(n=pa.int64(), **{name: pa.string()})
    opened.update({"id": "3", name: "a", "violations": {name: "range"}})
    event = opened.event("3")
    assert (event["values"], event["violations"]) == ({"n": 3, name: "a"}, {(name, "range")})


def test_a_schema_change_leaves_no_delta(opened: Opened, tmp_path: Path) -> None:
    """Before columns change, all deltas are compacted: what they say counts for the change."""
    opened.update({"id": "3", "name": "12"}, {"id": "4", "name": "a"})
    opened.define(n=pa.int64())
    assert with_deltas(opened, tmp_path) == []
    assert [opened.event(id)["extra"] for id in "345"] == [{"name": "12"}, {"name": "a"}, {}]
