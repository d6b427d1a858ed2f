"""What a store promises of reading columns of many events at one moment."""

from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any

import pyarrow as pa
import pytest

from inference_events.events.columns import ColumnSelection, batch_schema
from inference_events.events.store import Snapshot
from inference_events.events.store_errors import ModelUnknown, RevisionChanged
from inference_events.events.types import UNKNOWN_TIME, VIOLATIONS
from tests.stores.opened import MODEL, NOW, SCHEMA, SECOND, Opened

LATER = NOW + SECOND
HOUR = 3600 * SECOND
COLUMNS = {field.name: field.type for field in SCHEMA}


@contextmanager
def moment(opened: Opened) -> Iterator[Snapshot]:
    with opened.store.snapshot(MODEL, opened.revision) as snapshot:
        yield snapshot


def batches(snapshot: Snapshot, *columns: str, **selected: Any) -> Generator[pa.RecordBatch, None, None]:
    return snapshot.columns(ColumnSelection(selected.pop("environment", "production"), columns, **selected))


def rows(read: Iterator[pa.RecordBatch], *names: str) -> list[tuple[Any, ...]]:
    """Return the rows of batches without their order, times in microseconds."""
    found = [row for batch in read for row in zip(*(_plain(batch[name]) for name in names), strict=True)]
    return sorted(found, key=repr)


def _plain(column: pa.Array) -> Sequence[Any]:
    is_time = pa.types.is_timestamp(column.type)
    plain: list[Any] = (column.cast(pa.int64()) if is_time else column).to_pylist()
    return plain


def read_once(opened: Opened, *columns: str, names: Sequence[str] = ("ts",), **selected: Any) -> list[tuple[Any, ...]]:
    with moment(opened) as snapshot:
        return rows(batches(snapshot, *columns, **selected), *names)


def publish(opened: Opened, number: int) -> None:
    opened.publish(*({"id": f"e{each}", "at": NOW + each, "x": each, "name": f"n{each}"} for each in range(number)))


@pytest.mark.usefixtures("small_parts")
def test_batches_hold_every_event_once(opened: Opened) -> None:
    """Batches together hold every event once with its values, also after updates and deletions."""
    publish(opened, 2000)
    opened.update(*({"id": f"e{each}", "x": -each} for each in range(0, 2000, 7)))
    opened.delete(opened.accept_job(), event_ids=[f"e{each}" for each in range(0, 2000, 11)])
    with moment(opened) as snapshot:
        found = list(batches(snapshot, "x", "name"))
    assert len(found) > 10
    assert max(batch.num_rows for batch in found) < 400
    expected = [(e["at"], e["values"]["x"], e["values"]["name"]) for e in opened.read()]
    assert rows(iter(found), "ts", "v:x", "v:name") == sorted(expected, key=repr)


@pytest.mark.usefixtures("small_parts")
def test_a_selection_is_a_range_of_an_environment(opened: Opened) -> None:
    """The start of the range belongs to it, the end does not; other environments are excluded."""
    publish(opened, 500)
    opened.append({"id": "other", "at": NOW})
    assert read_once(opened, start=NOW + 100, end=NOW + 400) == [(NOW + each,) for each in range(100, 400)]
    assert len(read_once(opened, start=NOW + 499)) == 1
    assert len(read_once(opened, end=NOW + 1)) == 1
    assert read_once(opened, environment="dataset") == [(NOW,)]
    assert read_once(opened, environment="nowhere") == []
    assert read_once(opened, start=NOW + 500) == []


@pytest.mark.usefixtures("small_parts")
def test_parts_by_keys(opened: Opened) -> None:
    """Parts of so many events, each after the greatest key of the one before, hold every event once, at any moment."""
    publish(opened, 500)
    opened.publish(*({"id": f"{'long' * 200}{each}", "at": NOW, "x": 1000.0 + each} for each in range(20)))
    found: list[tuple[Any, ...]] = []
    after = None
    for _ in range(9):
        with moment(opened) as snapshot:
            part = list(batches(snapshot, "x", most=64, after=after, with_received=True))
        names = [name for batch in part for name in _plain(batch["key"])]
        assert len(names) == min(64, 520 - len(found))
        found += rows(iter(part), "v:x", "received_at")
        after = max(names)
    assert sorted(found) == [(float(x), NOW) for x in (*range(500), *range(1000, 1020))]


def test_batches_have_the_declared_types(opened: Opened) -> None:
    """A batch has the times of the events, then the columns asked for, with the types of the schema and their nulls."""
    types = {
        "x": pa.float64(),
        "list": pa.list_(pa.float64()),
        "seen": pa.timestamp("us"),
        "n": pa.int64(),
        "flag": pa.bool_(),
        "names": pa.list_(pa.string()),
        "times": pa.list_(pa.timestamp("us")),
        'a "quoted" name': pa.string(),
    }
    opened.define(**types)
    values = {"list": [1.0, None], "seen": NOW, "n": 2**62, "flag": True, "names": ["é", ""], "times": [NOW]}
    opened.publish({"id": "a", "at": NOW, **values, 'a "quoted" name': "v"}, {"id": "b", "at": NOW})
    selection = ColumnSelection("production", [*types], with_violations=True)
    with moment(opened) as snapshot:
        found = list(snapshot.columns(selection))
    assert {batch.schema for batch in found} == {batch_schema(selection, opened.schema)}
    assert found[0].schema.names[:3] == ["ts", "violations", "v:x"]
    table = pa.Table.from_batches(found)
    assert rows(iter(found), "v:n", "v:flag", "v:list", "v:names", 'v:a "quoted" name', "v:seen") == [
        (2**62, True, [1.0, None], ["é", ""], "v", NOW),
        (None,) * 6,
    ]
    assert table["v:times"].cast(pa.list_(pa.int64())).to_pylist().count([NOW]) == 1
    assert table["v:x"].null_count == 2


def test_a_selection_may_have_no_columns(opened: Opened) -> None:
    """Without columns, the times of the events are read."""
    publish(opened, 3)
    with moment(opened) as snapshot:
        [batch] = batches(snapshot)
    assert batch.schema.names == ["ts"]
    assert batch.num_rows == 3


def test_violations_are_those_that_count_now(opened: Opened) -> None:
    """Violations come with column, kind and raw value, without those that an update has made obsolete."""
    opened.publish({"id": "a", "at": NOW, "x": None, "raw": "7", "violations": {"x": "missing"}})
    opened.publish({"id": "b", "at": NOW + 1, "x": 9.0, "violations": {"x": "range"}}, {"id": "c", "at": NOW + 2})
    opened.update({"id": "b", "x": 1.0, "n": None, "violations": {"n": "type"}})
    found = read_once(opened, with_violations=True, names=("ts", "violations"))
    missing = {"column": "x", "kind": "missing", "value": None}
    mistyped = {"column": "name", "kind": "type", "value": "7"}
    assert [(at, sorted(kept, key=str)) for at, kept in found] == [
        (NOW, sorted([missing, mistyped], key=str)),
        (NOW + 1, [{"column": "n", "kind": "type", "value": None}]),
        (NOW + 2, []),
    ]
    with moment(opened) as snapshot:
        assert next(batches(snapshot, with_violations=True)).schema.field("violations").type == VIOLATIONS


def test_times_of_labels(opened: Opened) -> None:
    """A label has the time of its receipt, an older value an unknown time, a missing value and a column that never was
    a target none; the values themselves need not be read."""
    opened.publish({"id": "a", "at": NOW, "x": 1.0, "label": True}, {"id": "b", "at": NOW + 1})
    opened.update({"id": "b", "label": False, "n": 1, "received_at": LATER})
    opened.define("x", "label", **COLUMNS)
    found = read_once(opened, labels=["label", "x", "n", "name"], names=("ts", "l:label", "l:x", "l:n", "l:name"))
    assert found == [(NOW, NOW, UNKNOWN_TIME, None, None), (NOW + 1, LATER, None, LATER, None)]


@pytest.mark.usefixtures("small_parts")
def test_a_snapshot_shows_one_moment(opened: Opened) -> None:
    """What is written, deleted, redefined or dropped while a snapshot is open shows in none of its reads."""
    publish(opened, 1000)
    with moment(opened) as snapshot:
        before = snapshot.data_revision("production")
        read = batches(snapshot, "x")
        first = next(read)
        opened.publish({"id": "late", "at": NOW - 1})
        opened.update({"id": "e999", "x": -1.0})
        opened.delete(opened.accept_job(), event_ids=["e500"])
        opened.define(x=pa.float64(), more=pa.string())
        opened.store.drop(MODEL).result()
        expected = [(NOW + each, float(each)) for each in range(1000)]
        assert rows(iter([first, *read]), "ts", "v:x") == sorted(expected, key=repr)
        assert rows(batches(snapshot, "x"), "ts", "v:x") == sorted(expected, key=repr)
        assert snapshot.data_revision("production") == before
        assert snapshot.dirty_hours("production", before) == []


def test_a_snapshot_has_the_data_revision_of_its_events(opened: Opened) -> None:
    """The data revision is that of the store at the same moment, for each environment."""
    with moment(opened) as snapshot:
        assert snapshot.data_revision("production") == (0, 0)
    opened.publish({"id": "a", "at": NOW})
    opened.append({"id": "b", "at": NOW})
    with moment(opened) as snapshot:
        for environment in ("production", "dataset", "nowhere"):
            assert snapshot.data_revision(environment) == opened.store.data_revision(MODEL, environment)
        opened.publish({"id": "c", "at": NOW})
        assert snapshot.data_revision("production") != opened.store.data_revision(MODEL, "production")
        assert len(rows(batches(snapshot), "ts")) == 1


def test_a_snapshot_has_the_dirty_hours_of_its_moment(opened: Opened) -> None:
    """What changed after a revision is what the snapshot sees; after a later revision, all hours count as dirty."""
    opened.publish({"id": "a", "at": 0})
    known = opened.store.data_revision(MODEL, "production")
    opened.publish({"id": "b", "at": 5 * HOUR})
    with moment(opened) as snapshot:
        opened.publish({"id": "c", "at": 9 * HOUR})
        assert snapshot.dirty_hours("production", known) == [(5, 5)]
        later = opened.store.data_revision(MODEL, "production")
        assert snapshot.dirty_hours("production", later) == [(0, 0), (5, 5)]
        assert snapshot.dirty_hours("nowhere", known) == []


def test_a_snapshot_of_another_revision_fails(opened: Opened) -> None:
    """A snapshot for another schema cannot be opened, nor one of an unknown model."""
    with pytest.raises(RevisionChanged), opened.store.snapshot(MODEL, opened.revision + 1):
        pass
    with pytest.raises(ModelUnknown), opened.store.snapshot("unknown", 1):
        pass


@pytest.mark.usefixtures("small_parts")
def test_an_abandoned_read_leaves_nothing_open(opened: Opened) -> None:
    """After a read is closed before its end, the snapshot and the store go on as before."""
    publish(opened, 1000)
    with moment(opened) as snapshot:
        with closing(batches(snapshot)) as read:
            next(read)
        assert len(rows(batches(snapshot), "ts")) == 1000
        next(batches(snapshot))
    opened.publish({"id": "late", "at": NOW})
    assert len(read_once(opened)) == 1001


@pytest.mark.usefixtures("small_parts")
def test_an_error_of_the_reader_passes(opened: Opened) -> None:
    """An error while a snapshot is open ends it and reaches the caller as it is."""
    publish(opened, 500)
    with pytest.raises(ZeroDivisionError), moment(opened) as snapshot:
        [1 / 0 for _ in batches(snapshot)]
    assert len(read_once(opened)) == 500


def test_a_cancelled_snapshot_harms_nothing(opened: Opened) -> None:
    """The store works as before after a read that is cancelled."""
    publish(opened, 10)
    with moment(opened) as snapshot:
        snapshot.cancel()
    assert len(read_once(opened)) == 10
