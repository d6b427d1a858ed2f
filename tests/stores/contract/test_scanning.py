"""What a store promises of reading any number of events at once."""

from collections.abc import Generator, Sequence

import pyarrow as pa
import pytest

from inference_events.events.store_errors import ModelUnknown, RevisionChanged
from inference_events.events.types import Scan, StoredEvents
from tests.stores.opened import MODEL, NOW, Event, Opened

ALL = 1_000_000


def parts(
    opened: Opened, environment: str = "production", most: int = ALL, columns: Sequence[str] = (), **selected: int
) -> Generator[StoredEvents, None, None]:
    return opened.store.scan(Scan(MODEL, environment, opened.revision, columns, most, **selected))


def scanned(opened: Opened, environment: str = "production", most: int = ALL, **selected: int) -> list[str]:
    found = parts(opened, environment, most, (), **selected)
    return [event_id for part in found for event_id in part.system["event_id"].to_pylist()]


def publish(opened: Opened, number: int, *, moments: int) -> None:
    """Publish events in an order that is neither that of time nor that of ids."""
    rows = [{"id": f"e{each * 7919 % number}", "at": NOW + each * 31 % moments, "x": each} for each in range(number)]
    opened.publish(*rows)


@pytest.mark.parametrize("moments", [1, 3, 5000])
@pytest.mark.usefixtures("small_parts")
def test_a_scan_yields_each_event_once_in_order(opened: Opened, moments: int) -> None:
    """Parts together hold every event once, by timestamp and id, also where many have one timestamp."""
    publish(opened, 2000, moments=moments)
    found = list(parts(opened, columns=["x"]))
    assert len(found) > 10
    assert max(part.system.num_rows for part in found) < 400
    table = pa.concat_tables([part.system.append_column("x", part.values["x"]) for part in found])
    rows = list(zip(table["timestamp"].cast(pa.int64()).to_pylist(), table["event_id"].to_pylist(), strict=True))
    assert rows == sorted(rows)
    events: dict[str, Event] = {event["id"]: event for event in opened.read()}
    assert [event_id for _, event_id in rows] == list(events)
    assert table["x"].to_pylist() == [event["values"]["x"] for event in events.values()]


@pytest.mark.usefixtures("small_parts")
def test_a_scan_selects_by_range_and_environment(opened: Opened) -> None:
    """The start of the range belongs to it, the end does not; other environments are left out."""
    publish(opened, 500, moments=5000)
    opened.append({"id": "other", "at": NOW})
    expected = opened.ids(start=NOW + 100, end=NOW + 400)
    assert len(expected) > 2
    assert scanned(opened, start=NOW + 100, end=NOW + 400) == expected
    assert scanned(opened, "dataset") == ["other"]
    assert scanned(opened, "nowhere") == []
    assert list(parts(opened, "production", start=NOW + 10_000)) == []


@pytest.mark.usefixtures("small_parts")
def test_a_sample_is_the_same_for_the_same_events(opened: Opened) -> None:
    """A sample has exactly as many events as asked for, in order; it depends on what is stored, not on how."""
    publish(opened, 1000, moments=5000)
    sample = scanned(opened, most=300)
    assert len(set(sample)) == 300
    assert sample == [event_id for event_id in opened.ids() if event_id in set(sample)]
    assert set(scanned(opened, most=100)) < set(sample)
    opened.append(*({"id": f"e{each}", "at": NOW + each} for each in range(1000)))
    assert set(scanned(opened, "dataset", most=300)) == set(sample)
    opened.reopen()
    assert scanned(opened, most=300) == sample
    assert scanned(opened, most=1000) == opened.ids()
    assert len(scanned(opened, most=999)) == 999
    assert len(scanned(opened, most=1)) == 1


def test_a_scan_has_the_columns_asked_for(opened: Opened) -> None:
    """Columns come in the order of the scan, with their declared types, empty ones too."""
    opened.define(x=pa.float64(), list=pa.list_(pa.float64()), at=pa.timestamp("us"), n=pa.int64())
    opened.publish({"id": "a", "at": NOW, "list": [1.0, None], "n": None})
    [part] = parts(opened, columns=["n", "list", "at"])
    assert part.system.column_names == ["event_id", "timestamp"]
    assert part.values.schema == pa.schema(
        [("n", pa.int64()), ("list", pa.list_(pa.float64())), ("at", pa.timestamp("us"))]
    )
    assert part.values["list"].to_pylist() == [[1.0, None]]
    [none] = parts(opened, columns=[])
    assert none.system["event_id"].to_pylist() == ["a"]


@pytest.mark.usefixtures("small_parts")
def test_a_scan_shows_one_moment(opened: Opened) -> None:
    """What is written, deleted, redefined or dropped while a scan is open neither waits for it nor shows in it."""
    publish(opened, 1000, moments=5000)
    expected = opened.ids()
    found = parts(opened, columns=["x"])
    seen = next(found).system["event_id"].to_pylist()
    opened.publish({"id": "late", "at": NOW + 10_000})
    opened.update({"id": expected[-1], "x": -1.0})
    opened.delete(opened.accept_job(), event_ids=expected[-5:-1])
    opened.define(x=pa.float64(), more=pa.string())
    opened.store.drop(MODEL).result()
    values: list[float] = []
    for part in found:
        seen += part.system["event_id"].to_pylist()
        values += part.values["x"].to_pylist()
    assert seen == expected
    assert -1.0 not in values


def test_a_scan_of_another_revision_fails(opened: Opened) -> None:
    """A scan that was made for another schema yields nothing, nor does one of an unknown model."""
    opened.publish({"id": "a"})
    with pytest.raises(RevisionChanged):
        next(opened.store.scan(Scan(MODEL, "production", opened.revision + 1, ["x"], ALL)))
    with pytest.raises(ModelUnknown):
        next(opened.store.scan(Scan("unknown", "production", 1, ["x"], ALL)))


def test_an_abandoned_scan_leaves_nothing_open(opened: Opened) -> None:
    """After a scan is closed before its end the store goes on as before."""
    opened.publish({"id": "a"}, {"id": "b"})
    found = parts(opened)
    next(found)
    found.close()
    opened.publish({"id": "c"})
    assert scanned(opened) == ["a", "b", "c"]
