"""Models: a PATCH changes what it names and nothing else; a proposed schema fits its sample."""

import csv
import io
from typing import Any

from hypothesis import strategies as st

from tests.contract.fuzz.fixtures import COLUMNS, ID_COLUMN
from tests.contract.fuzz.promises.promise import promise
from tests.contract.fuzz.promises.samples import new_model, new_project, publish, update
from tests.contract.fuzz.promises.session import Session, fresh_name

TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20)
FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "version": TEXTS.filter(str.strip),
    "description": st.none() | TEXTS,
    "xai_params": st.dictionaries(TEXTS, st.integers(0, 9), max_size=2),
    "event_ts_format": st.none() | st.sampled_from(["%Y-%m-%d", "%d.%m.%Y %H:%M"]),
    "event_ts_col": st.none() | st.sampled_from(["timestamp", "booked"]),
    "spec": st.fixed_dictionaries({"inputs": st.sampled_from([["carrier"], ["distance", "level"]])}),
    "schema": st.integers(2, len(COLUMNS)).map(lambda end: {"columns": COLUMNS[:end]}),
}
CHANGING = {"updated_at", "updated_by"}


@promise("create_model", "update_model", "get_model")
def patch_keeps_the_rest(session: Session, data: st.DataObject) -> None:
    """After a PATCH, a model has the values that were sent, and every other field reads as before."""
    full = {"schema": {"columns": COLUMNS}, "spec": {"inputs": ["carrier"]}}
    filled = {
        "description": "what it is for",
        "xai_params": {"a": 1},
        "task": "regression",
        "task_params": {"top_k": 3},
    }
    model = new_model(session, new_project(session)["id"], **full, **filled)
    path = f"/v3/models/{model['id']}"
    for _ in range(2):
        names = data.draw(st.sets(st.sampled_from(sorted(FIELDS)), min_size=1, max_size=3))
        changes = {name: data.draw(FIELDS[name]) for name in sorted(names)}
        if "schema" in changes:
            changes["spec"] = {"inputs": [ID_COLUMN]}
        elif "spec" in changes:
            changes["schema"] = full["schema"]
        before, updated = session.get(path), session.patch(path, changes)
        assert session.get(path) == updated
        for name in before.keys() - CHANGING - changes.keys():
            assert updated[name] == before[name], name
        for name in changes.keys() - {"schema", "spec"}:
            assert updated[name] == changes[name], name
        assert _names(updated["schema"]) == _names(changes.get("schema", before["schema"]))


@promise("generate_model", "upload_file", "create_model")
def a_proposed_schema_fits_its_sample(session: Session, data: st.DataObject) -> None:
    """Rows that a schema was proposed from do not violate it."""
    values = st.tuples(st.integers(-(10**6), 10**6), st.floats(-1e6, 1e6), st.booleans(), st.sampled_from("ab"))
    rows = data.draw(st.lists(values, min_size=4, max_size=8))
    text = io.StringIO()
    csv.writer(text).writerows([("count", "share", "flag", "kind"), *rows])
    file_id = session.upload(text.getvalue().encode(), "sample.csv")
    proposal = session.post("/v3/model-factory", {"file_id": file_id})
    columns = {column["name"]: column for column in proposal["schema"]["columns"]}
    for name, own in zip(("count", "share"), zip(*(row[:2] for row in rows), strict=True), strict=True):
        assert (columns[name]["min"], columns[name]["max"]) == (min(own), max(own))
    named = {"name": fresh_name(), "project_id": new_project(session)["id"]}
    model = session.post("/v3/models", named | {"schema": proposal["schema"], "spec": proposal["spec"]})
    events = [dict(zip(columns, row, strict=True)) for row in rows]
    assert publish(session, model["id"], events)["violations"] == []


@promise("publish_events", "update_events", "read_events")
def an_update_keeps_the_rest(session: Session, data: st.DataObject) -> None:
    """An update changes the columns that an event contains; all others read as before. Unknown ids are named."""
    values = {"carrier": "AA", "level": 1, "distance": 7, "late_probability": 0.5, "arrived_late": True, "note": "a"}
    model = new_model(session, new_project(session)["id"])
    known = ["one", "two", "three"]
    publish(session, model["id"], [{ID_COLUMN: one, "gate": "B1", **values} for one in known])
    before = _by_id(session, model["id"], known)
    changes: dict[str, st.SearchStrategy[Any]] = {
        "arrived_late": st.none() | st.booleans(),
        "note": st.none() | TEXTS,
        "level": st.sampled_from([1, 2]),
        "terminal": TEXTS,
    }
    named = data.draw(st.lists(st.sampled_from([*known, "unknown", "nowhere"]), min_size=1, max_size=4, unique=True))
    sent = {one: data.draw(st.fixed_dictionaries({}, optional=changes)) for one in named}
    updated = update(session, model["id"], [{ID_COLUMN: one, **change} for one, change in sent.items()])
    assert updated["unknown_event_ids"] == [one for one in named if one not in known]
    assert updated["updated"] == len([one for one in named if one in known])
    after = _by_id(session, model["id"], known)
    for one in known:
        change = sent.get(one, {})
        inside = {name: value for name, value in change.items() if name in before[one]["values"]}
        outside = {name: value for name, value in change.items() if name not in inside}
        assert after[one]["values"] == before[one]["values"] | inside
        assert after[one]["undeclared"] == before[one]["undeclared"] | outside
        assert after[one]["timestamp"] == before[one]["timestamp"]


def _names(schema: Any) -> list[str]:
    return [column["name"] for column in schema["columns"]]


def _by_id(session: Session, model_id: str, ids: list[str]) -> dict[str, Any]:
    query = {"model_id": model_id, "env_type": "PRODUCTION", "event_ids": ids}
    return {item["event_id"]: item for item in session.post("/v3/events/query", query)["items"]}


PROMISES = (patch_keeps_the_rest, a_proposed_schema_fits_its_sample, an_update_keeps_the_rest)
