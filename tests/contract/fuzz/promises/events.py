"""Events: cursors return each once, time ranges exclude their end, and every time is the same in all spellings."""

import csv
import io
from collections.abc import Mapping
from datetime import datetime
from random import Random
from typing import Any

import pyarrow as pa
import pyarrow.parquet
from hypothesis import strategies as st

from tests.contract.fuzz.fixtures import ID_COLUMN, TIME_COLUMN
from tests.contract.fuzz.promises.promise import promise
from tests.contract.fuzz.promises.samples import (
    PRODUCTION,
    new_baseline,
    new_model,
    new_project,
    publish,
    read,
    update,
)
from tests.contract.fuzz.promises.session import Session, fresh_name
from tests.contract.fuzz.promises.times import MOMENTS, spellings, written

# A thousand of these are more than one slice of a CSV file, which has 8 MiB.
NOTE_BYTES = 5_000


@promise("publish_events", "read_events")
def cursors_return_each_event_once(session: Session, data: st.DataObject) -> None:
    """The pages of any size that cursors lead through are all events in order of time and id, each once."""
    model_id, times = _published(session, data)
    expected = sorted((written(time), event_id) for event_id, time in times.items())
    limit = data.draw(st.integers(1, len(expected)))
    body: dict[str, Any] = {"model_id": model_id, **PRODUCTION, "limit": limit}
    found: list[tuple[str, str]] = []
    while len(found) <= len(expected):
        page = session.post("/v3/events/query", body)
        assert len(page["items"]) <= limit
        found += [(item["timestamp"], item["event_id"]) for item in page["items"]]
        if page["next_cursor"] is None:
            break
        body["cursor"] = page["next_cursor"]
    assert found == expected


@promise("publish_events", "update_events", "read_events")
def an_update_moves_an_event(session: Session, data: st.DataObject) -> None:
    """A new timestamp, in any spelling, is the event's from then on."""
    model_id, times = _published(session, data)
    moved = {one: data.draw(st.sampled_from(MOMENTS)) for one in data.draw(st.sets(st.sampled_from(sorted(times))))}
    if moved:
        update(session, model_id, [_event(data, one, time) for one, time in moved.items()])
    items = read(session, model_id)
    assert {item["event_id"]: item["timestamp"] for item in items} == {
        one: written(time) for one, time in (times | moved).items()
    }


@promise("publish_events", "read_events", "download_events", "delete_events", "create_baseline")
def time_ranges_exclude_their_end(session: Session, data: st.DataObject) -> None:
    """Reading, downloading, counting and deleting by a time range take the same events: those before its end."""
    model_id, times = _published(session, data)
    start, end = sorted(data.draw(st.lists(st.sampled_from(MOMENTS), min_size=2, max_size=2, unique=True)))
    inside = sorted(one for one, time in times.items() if start <= time < end)
    bounds = {"start_time": data.draw(spellings(start)), "end_time": data.draw(spellings(end))}
    assert _ids(read(session, model_id, time_range=bounds)) == inside
    fixed = {"type": "STATIC", "start_time": start.timestamp(), "end_time": end.timestamp()}
    model_range = {"name": fresh_name(), "model_id": model_id, **PRODUCTION, **fixed}
    assert session.post("/v3/baselines", model_range)["row_count"] == len(inside)
    if inside:
        texts = {"start_time": start.isoformat(), "end_time": end.isoformat()}
        content = session.download({"model_id": model_id, **PRODUCTION, "csv": True, "time_filter": texts})
        assert sorted(row[ID_COLUMN] for row in csv.DictReader(io.StringIO(content.decode()))) == inside
    job = session.delete("/v3/events", {"model_id": model_id, "time_range": bounds})["job"]
    assert session.succeeded(job["id"])["deleted_events"] == len(inside)
    assert _ids(read(session, model_id)) == sorted(times.keys() - set(inside))


@promise("publish_events", "delete_events", "read_events")
def a_deletion_by_ids_takes_these(session: Session, data: st.DataObject) -> None:
    """A deletion takes the events with its ids, counts them, and leaves the rest."""
    model_id, times = _published(session, data)
    ids = data.draw(st.lists(st.sampled_from([*sorted(times), "unknown"]), min_size=1, max_size=5))
    body = {"model_id": model_id, "event_ids": ids, "update_metrics": False}
    info = session.succeeded(session.delete("/v3/events", body)["job"]["id"])
    assert info["deleted_events"] == len(times.keys() & set(ids))
    assert _ids(read(session, model_id)) == sorted(times.keys() - set(ids))


@promise("publish_events", "update_events", "read_events")
def integers_keep_their_digits(session: Session, data: st.DataObject) -> None:
    """Integers of 64 bits in a column, and of any size in an undeclared one, read back as they were sent."""
    model_id = new_model(session, new_project(session)["id"])["id"]
    near = st.integers(2**53 + 1, 2**63 - 1) | st.integers(-(2**63), -(2**53) - 1)
    events = [
        {ID_COLUMN: str(number), "distance": data.draw(near), "serial": data.draw(st.integers(2**64, 2**90))}
        for number in range(3)
    ]
    publish(session, model_id, events)
    items = {item["event_id"]: item for item in read(session, model_id)}
    for event in events:
        item = items[event[ID_COLUMN]]
        assert (item["values"]["distance"], item["undeclared"]["serial"]) == (event["distance"], event["serial"])


@promise("publish_events", "download_events", is_exhaustive=True)
def downloads_are_complete(session: Session, data: st.DataObject) -> None:
    """A file of many chunks has every event, as CSV and as Parquet."""
    model_id = new_model(session, new_project(session)["id"])["id"]
    ids = [f"{number:04}" for number in range(1000)]
    for part in (ids[:500], ids[500:]):
        # Random, as Parquet compresses anything else to one chunk.
        notes = {one: Random(one).randbytes(NOTE_BYTES).hex() for one in part}
        publish(session, model_id, [{ID_COLUMN: one, "note": note} for one, note in notes.items()])
    body: Mapping[str, Any] = {"model_id": model_id, **PRODUCTION, "column_names": [ID_COLUMN, "note"]}
    rows = csv.DictReader(io.StringIO(session.download({**body, "csv": True}).decode()))
    assert sorted(row[ID_COLUMN] for row in rows) == ids
    table = pa.parquet.read_table(io.BytesIO(session.download({**body, "csv": False})))
    assert sorted(table[ID_COLUMN].to_pylist()) == ids


def _published(session: Session, data: st.DataObject) -> tuple[str, dict[str, datetime]]:
    """Publish events whose times are often equal. Return the model's id, and the time of each event by its id."""
    model_id = new_model(session, new_project(session)["id"])["id"]
    new_baseline(session, model_id)
    times = data.draw(st.lists(st.sampled_from(MOMENTS), min_size=2, max_size=9))
    named = {f"e{number}": time for number, time in enumerate(times)}
    publish(session, model_id, [_event(data, one, time) for one, time in named.items()])
    return model_id, named


def _event(data: st.DataObject, event_id: str, time: datetime) -> dict[str, Any]:
    return {ID_COLUMN: event_id, TIME_COLUMN: data.draw(spellings(time))}


def _ids(items: list[Any]) -> list[str]:
    return sorted(item["event_id"] for item in items)


PROMISES = (
    cursors_return_each_event_once,
    an_update_moves_an_event,
    time_ranges_exclude_their_end,
    a_deletion_by_ids_takes_these,
    integers_keep_their_digits,
    downloads_are_complete,
)
