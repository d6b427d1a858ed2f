"""Events whose ids become one are merged as if they had been published under that id, one after another."""

import tempfile
from itertools import groupby
from pathlib import Path
from typing import Any

import duckdb
from hypothesis import given, settings
from hypothesis import strategies as st

from inference_events.events.ingest.number_text import canonical_id
from inference_events.stores.duckdb import DuckDBEventStore
from inference_events.stores.duckdb.canonical import convert_ids, find_conversion
from inference_events.stores.duckdb.rows import EventRows
from inference_events.stores.duckdb.tables import Tables
from tests.stores.opened import MODEL, NOW, SECOND, Event, Opened

CHANGES = ("created", "replaced", "updated")
ENVIRONMENTS = ("production", "other")

ids = st.sampled_from(["7", "7.0", " 7", "07", "+7e0", "8", "8.0", "-0", "0", "x", "1e3"])
rows = st.fixed_dictionaries(
    {"id": ids},
    optional={
        "at": st.integers(NOW, NOW + 3),
        "x": st.sampled_from([1.0, 2.0]),
        "n": st.sampled_from([1, 2, None]),
        "label": st.booleans(),
        "raw": st.sampled_from(["far", "near"]),
        "extra": st.dictionaries(st.sampled_from("ef"), st.integers(0, 2), min_size=1),
    },
)
writes = st.lists(st.tuples(st.booleans(), st.sampled_from(ENVIRONMENTS), rows), min_size=1, max_size=12)


@settings(max_examples=15, deadline=None)
@given(writes=writes)
def test_events_with_one_id_are_merged(writes: list[tuple[bool, str, dict[str, Any]]]) -> None:
    """The later value wins per column, columns that a row does not set stay, and undeclared columns are combined."""
    with tempfile.TemporaryDirectory() as directory:
        opened = _opened(Path(directory))
        order: dict[tuple[str, str], int] = {}
        for number, (is_update, environment, row) in enumerate(writes):
            write = opened.update if is_update else opened.publish
            row = {**row, "received_at": NOW + (number + 10) * SECOND}
            if "raw" in row:
                row["name"] = None
            # Each write of format 0 had a position of its own, which is its epoch now.
            opened.end_job(opened.accept_job())
            [status] = write(row, environment=environment, received_at=row["received_at"])
            if status in CHANGES:
                order[environment, row["id"]] = number
        before = {each: opened.read(each) for each in ENVIRONMENTS}
        expected = {
            environment: _merged(sorted(events, key=lambda event: order[environment, event["id"]]))
            for environment, events in before.items()
        }
        converted, merged = _convert(opened, Path(directory))
        after = {each: {event["id"]: event for event in opened.read(each)} for each in ENVIRONMENTS}
        assert after == expected
        assert converted == sum(canonical_id(event["id"]) != event["id"] for each in before.values() for event in each)
        assert merged == sum(len(before[each]) - len(after[each]) for each in ENVIRONMENTS)
        for environment, events in after.items():
            for event_id in events:
                assert opened.update({"id": event_id, "x": 5.0}, environment=environment) == ["updated"]
                assert opened.event(event_id, environment)["values"]["x"] == 5.0
        opened.store.close()


def test_each_group_is_merged_whole(tmp_path: Path) -> None:
    """If there are more groups than are merged at once, each of them is still merged into one event."""
    opened = _opened(tmp_path)
    opened.publish(*({"id": f"{number}.0", "n": number} for number in range(50)))
    opened.publish(*({"id": f"{number}", "x": 1.0} for number in range(50)))
    opened.publish(*({"id": f" {number}", "label": True} for number in range(0, 50, 3)))
    assert _convert(opened, tmp_path, merged_rows=7) == (67, 67)
    events = opened.read()
    assert sorted(int(event["id"]) for event in events) == list(range(50))
    assert all({"n": int(event["id"]), "x": 1.0}.items() <= event["values"].items() for event in events)
    assert sum("label" in event["values"] for event in events) == 17
    opened.store.close()


def test_jobs_know_what_was_written_after_them(tmp_path: Path) -> None:
    """A job that is still open overwrites none of the columns that any row of a merged event got after it."""
    opened = _opened(tmp_path)
    epoch = opened.accept_job()
    opened.publish({"id": "7.0", "x": 1.0})
    opened.publish({"id": "7", "n": 2})
    assert _convert(opened, tmp_path) == (1, 1)
    assert opened.publish({"id": "7", "x": 9.0, "n": 9, "name": "job"}, epoch=epoch) == ["replaced"]
    assert opened.event("7")["values"] == {"x": 1.0, "n": 2, "name": "job"}
    opened.store.close()


def test_a_table_without_other_ids_stays_as_it_is(tmp_path: Path) -> None:
    """Canonical ids and ids that are no numbers are not converted."""
    opened = _opened(tmp_path)
    opened.publish(*({"id": each} for each in ("0", "-7", "10", "x", "1.5", "7 7", "1" * 500, "NaN", "-")))
    before = opened.read()
    assert _convert(opened, tmp_path) == (0, 0)
    assert opened.read() == before
    opened.store.close()


def _opened(directory: Path) -> Opened:
    opened = Opened(lambda path: DuckDBEventStore(path / "events.duckdb"), directory)
    # Tables of format 0 have no times of labels.
    opened.store.drop(MODEL).result()
    opened.store.apply_schema(MODEL, 1, opened.schema).result()
    return opened


def _convert(opened: Opened, directory: Path, merged_rows: int = 3) -> tuple[int, int]:
    opened.store.close()
    with duckdb.connect(str(directory / "events.duckdb")) as db:
        db.begin()
        schema = Tables(db).schemas[MODEL]
        while EventRows(db).compact(schema, 100):
            pass
        conversion = find_conversion(db, schema.table)
        convert_ids(db, schema, conversion, merged_rows)
        again = find_conversion(db, schema.table)
        assert (len(again.converted), again.merged) == (0, 0)
        db.commit()
    opened.reopen()
    return len(conversion.converted), conversion.merged


def _merged(events: list[Event]) -> dict[str, Event]:
    by_id = sorted(events, key=lambda event: canonical_id(event["id"]))
    return {id_: _one(id_, list(group)) for id_, group in groupby(by_id, key=lambda event: canonical_id(event["id"]))}


def _one(event_id: str, events: list[Event]) -> Event:
    merged: Event = {**events[0], "id": event_id, "values": {}, "extra": {}, "violations": events[0]["violations"]}
    times = [event["at"] for event in events if event["at"] != event["received_at"]]
    merged["at"] = times[-1] if times else merged["received_at"]
    for event in events:
        merged["extra"] = {**merged["extra"], **event["extra"]}
        mistyped = {column for column, kind in event["violations"] if kind == "type"}
        carried = event["values"].keys() | mistyped
        kept = {name: value for name, value in merged["values"].items() if name not in carried}
        merged["values"] = kept | event["values"]
        merged["violations"] = {each for each in merged["violations"] if each[0] not in carried} | {
            each for each in event["violations"] if each[0] in carried
        }
    if len(events) > 1:
        changes = [event["updated_at"] or 0 for event in events] + [event["received_at"] for event in events[1:]]
        merged["updated_at"] = max(changes)
    return merged
