"""The server holds, step by step and over restarts, what a dictionary that follows the same rules would hold.

`HYPOTHESIS_PROFILE=long` looks much further.
"""

import os
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from inference_events.errors import BadRequest
from inference_events.events.ingest.timestamps import parse_timestamp
from tests.stores.server import Row, Server, csv_file, environment, parquet_file

START = 1_700_000_000
COLUMNS: list[dict[str, Any]] = [
    {"name": "x", "data_type": "float", "max": 5},
    {"name": "label", "data_type": "bool"},
    {"name": "note", "data_type": "str"},
]
DECLARED = [column["name"] for column in COLUMNS]
UPDATABLE = ["label", "note"]
EVERY_NAME = ["id", "ts", *DECLARED, "extra"]

ids = st.sampled_from(["a", "b", "c", "d"])
times = st.integers(START, START + 5)
fields: dict[str, st.SearchStrategy[Any]] = {
    "ts": times,
    "x": st.sampled_from([1.0, 2.0, 9.0, "bad", None]),
    "label": st.booleans() | st.none(),
    "note": st.sampled_from(["m", "n"]) | st.none(),
    "extra": st.sampled_from(["e", "f"]) | st.none(),
}
events = st.lists(st.fixed_dictionaries({"id": ids}, optional=fields), min_size=1, max_size=4)
anonymous = st.lists(st.fixed_dictionaries({}, optional=fields), min_size=1, max_size=3)
targets = st.sampled_from([None, "train", "test"])


class Expected:
    """One event as it should read: time in seconds (None: that of its receipt), values, violations by column.

    It is labelled not before `labelled_since` (microseconds), and from the first read on at `labelled_at`.
    """

    def __init__(self, event: Row, at: int | None = None) -> None:
        self.content = content(event)
        self.time: int | None = None
        self.values: dict[str, Any] = dict.fromkeys(DECLARED)
        self.extra: dict[str, Any] = {}
        self.violations: dict[str, tuple[str, Any]] = dict.fromkeys(DECLARED, ("missing", None))
        self.labelled_since: int | None = None
        self.labelled_at: str | None = None
        self.carry({name: value for name, value in event.items() if value is not None}, at)

    def carry(self, event: Row, at: int | None = None) -> None:
        """Take over what an event carries that is received after a time, now if None."""
        if event.get("label") is not None and self.labelled_since is None:
            self.labelled_since = now() if at is None else at
        self.time = event["ts"] if event.get("ts") is not None else self.time
        if "extra" in event:
            self.extra = {"extra": event["extra"]}
        for name in DECLARED:
            if name in event:
                self.values[name], violation = checked(event[name])
                self.violations.pop(name, None)
                if violation is not None:
                    self.violations[name] = violation


def now() -> int:
    return time.time_ns() // 1000


def checked(value: Any) -> tuple[Any, tuple[str, Any] | None]:
    """Return what reads for a value, and its violation as kind and raw value."""
    if value is None:
        return None, ("missing", None)
    if value == "bad":
        return None, ("type", "bad")
    return value, ("range", None) if value == 9.0 else None


def of_one_type(events: list[Row]) -> list[Row]:
    """Leave out what a column of a Parquet file cannot hold beside numbers."""
    return [{name: value for name, value in event.items() if value != "bad"} for event in events]


def content(event: Row) -> dict[str, Any]:
    return {name: value for name, value in event.items() if name != "id" and value is not None}


class Conflict(Exception):
    """The dataset holds other content for the id."""


class ServerMachine(RuleBasedStateMachine):
    """Publish, update, delete and read, by requests and by files, on the real stores."""

    @initialize()
    def start(self) -> None:
        self.directory = Path(tempfile.mkdtemp())
        self.server = Server(self.directory / "data")
        project_id = self.server.call("create_project", body={"name": "project"})["id"]
        model: dict[str, Any] = {
            "schema": {"columns": COLUMNS},
            "spec": {"inputs": ["x"], "targets": ["label"], "metadata": ["note"]},
            "event_ts_col": "ts",
        }
        self.model_id = self.server.model(project_id, name="named", event_id_col="id", **model)
        self.anonymous_id = self.server.model(project_id, name="anonymous", **model)
        self.stored: dict[str | None, dict[str, Expected]] = {None: {}}
        self.anonymous: dict[str, Expected] = {}

    def teardown(self) -> None:
        if hasattr(self, "server"):
            self.server.stop()
            shutil.rmtree(self.directory)

    @rule(events=events, dataset=targets)
    def publish(self, events: list[Row], dataset: str | None) -> None:
        known = dict(self.stored.get(dataset, {}))
        try:
            expected = [self._publish(event, dataset) for event in events]
        except Conflict:
            self._undo(dataset, known)
            with pytest.raises(BadRequest):
                self._request("publish_events", events, dataset)
            # The dataset is made before its content is looked at.
            self.stored.setdefault(dataset, {})
            return
        response = self._request("publish_events", events, dataset)
        assert response["event_ids"] == [event["id"] for event in events]
        assert [response[name] for name in ("created", "replaced", "unchanged")] == [
            expected.count(name) for name in ("created", "replaced", "unchanged")
        ]

    @rule(events=events, at=st.integers(0, 3), dataset=st.none(), fault=st.sampled_from([{"id": None}, {"ts": "soon"}]))
    def publish_with_a_fault(self, events: list[Row], at: int, dataset: str | None, fault: Row) -> None:
        faulty = [*events[:at], {"id": "a", **fault}, *events[at:]]
        with pytest.raises(BadRequest):
            self._request("publish_events", faulty, dataset)

    @rule(events=anonymous)
    def publish_without_ids(self, events: list[Row]) -> None:
        began = now()
        response = self._request("publish_events", events, None, self.anonymous_id)
        assert len(set(response["event_ids"]) - self.anonymous.keys()) == len(events)
        self.anonymous |= zip(response["event_ids"], (Expected(event, began) for event in events), strict=True)

    @rule(events=events)
    def update(self, events: list[Row]) -> None:
        unknown = self._update(events)
        response = self._request("update_events", events, None)
        assert response["event_ids"] == [event["id"] for event in events]
        assert response["unknown_event_ids"] == list(dict.fromkeys(unknown))
        assert response["ignored_columns"] == (["x"] if any("x" in event for event in events) else [])

    @rule(events=events, dataset=targets, kind=st.sampled_from(["csv", "parquet"]))
    def publish_a_file(self, events: list[Row], dataset: str | None, kind: str) -> None:
        events = of_one_type(events) if kind == "parquet" else events
        self.stored.setdefault(dataset, {})
        rejected = 0
        for event in events:
            try:
                self._publish(event, dataset)
            except Conflict:
                rejected += 1
        job = self._file("publish_events", events, dataset, kind)
        assert job["info"]["rejected_rows"] == rejected
        assert job["status"] == ("FAILURE" if rejected == len(events) else "SUCCESS")

    @rule(events=events, kind=st.sampled_from(["csv", "parquet"]))
    def update_by_a_file(self, events: list[Row], kind: str) -> None:
        events = of_one_type(events) if kind == "parquet" else events
        self._update([{name: event.get(name) for name in EVERY_NAME} for event in events])
        assert self._file("update_events", events, None, kind)["status"] == "SUCCESS"

    @rule(chosen=st.lists(ids, min_size=1, max_size=3))
    def delete_by_id(self, chosen: list[str]) -> None:
        gone = [self.stored[None].pop(each) for each in set(chosen) & self.stored[None].keys()]
        assert self._delete(self.model_id, event_ids=chosen) == len(gone)

    @rule(start=times, length=st.integers(1, 3))
    def delete_by_range(self, start: int, length: int) -> None:
        for model_id, held in ((self.model_id, self.stored[None]), (self.anonymous_id, self.anonymous)):
            gone = [i for i, e in held.items() if e.time is not None and start <= e.time < start + length]
            for event_id in gone:
                del held[event_id]
            time_range = {"start_time": start, "end_time": start + length}
            assert self._delete(model_id, time_range=time_range) == len(gone)

    @precondition(lambda self: self.anonymous)
    @rule(data=st.data())
    def delete_without_ids(self, data: st.DataObject) -> None:
        chosen = data.draw(st.sampled_from(sorted(self.anonymous)))
        del self.anonymous[chosen]
        assert self._delete(self.anonymous_id, event_ids=[chosen]) == 1

    @rule()
    def restart(self) -> None:
        self.server.restart()

    @invariant()
    def everything_reads_as_expected(self) -> None:
        for dataset, held in self.stored.items():
            _compare(self.server.events(self.model_id, dataset), held)
        _compare(self.server.events(self.anonymous_id), self.anonymous)

    def _publish(self, event: Row, dataset: str | None) -> str:
        held = self.stored.setdefault(dataset, {})
        known = held.get(event["id"])
        if known is None:
            held[event["id"]] = Expected(event)
            return "created"
        if known.content == content(event):
            return "unchanged"
        if dataset is not None:
            raise Conflict
        known.content = content(event)
        known.carry({name: value for name, value in event.items() if value is not None})
        return "replaced"

    def _undo(self, dataset: str | None, known: dict[str, Expected]) -> None:
        """Forget what a refused request would have added to a dataset, where nothing is ever changed."""
        self.stored[dataset] = known

    def _update(self, events: list[Row]) -> list[str]:
        held = self.stored[None]
        for event in events:
            if event["id"] in held:
                held[event["id"]].carry({name: value for name, value in event.items() if name != "x"})
        return [event["id"] for event in events if event["id"] not in held]

    def _request(self, operation: str, events: list[Row], dataset: str | None, model_id: str | None = None) -> Any:
        source = {"type": "EVENTS", "events": events}
        body = {"model_id": model_id or self.model_id, "source": source, **environment(dataset)}
        return self.server.call(operation, body=body)

    def _file(self, operation: str, events: list[Row], dataset: str | None, kind: str) -> Any:
        write: Callable[..., bytes] = csv_file if kind == "csv" else parquet_file
        source = {"type": "FILE", "file_id": self.server.upload(f"f.{kind}", write(events, EVERY_NAME))}
        body = {"model_id": self.model_id, "source": source, **environment(dataset)}
        return self.server.finished(self.server.call(operation, body=body)["job"])

    def _delete(self, model_id: str, **selected: Any) -> int:
        job = self.server.finished(self.server.call("delete_events", body={"model_id": model_id, **selected})["job"])
        assert job["status"] == "SUCCESS"
        deleted: int = job["info"]["deleted_events"]
        return deleted


def _compare(read: list[Any], held: dict[str, Expected]) -> None:
    assert [event["event_id"] for event in read] == [
        event["event_id"] for event in sorted(read, key=lambda event: (event["timestamp"], event["event_id"]))
    ]
    assert {event["event_id"] for event in read} == held.keys()
    assert len(read) == len(held)
    for event in read:
        expected = held[event["event_id"]]
        if expected.time is None:
            assert event["timestamp"] == event["received_at"]
        else:
            assert parse_timestamp(event["timestamp"]) == expected.time * 1_000_000
        assert (event["values"], event["undeclared"]) == (expected.values, expected.extra)
        found = {v["column"]: (v["kind"], v.get("value")) for v in event["violations"]}
        assert len(found) == len(event["violations"])
        assert found == expected.violations
        _compare_labels(event, expected)


def _compare_labels(event: Any, expected: Expected) -> None:
    if expected.labelled_since is None:
        assert event["labelled_at"] == {}
        return
    labelled_at = event["labelled_at"]["label"]
    assert expected.labelled_since <= (parse_timestamp(labelled_at) or 0) <= now()
    assert labelled_at == (expected.labelled_at or labelled_at)
    expected.labelled_at = labelled_at


TestServer = pytest.mark.timeout(0)(ServerMachine.TestCase)
IS_LONG = os.environ.get("HYPOTHESIS_PROFILE") == "long"
TestServer.settings = settings(
    max_examples=400 if IS_LONG else 8,
    stateful_step_count=50 if IS_LONG else 16,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
