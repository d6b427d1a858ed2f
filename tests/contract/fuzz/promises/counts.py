"""Counts: the counts of responses and jobs add up to the sent and the stored events."""

from collections import Counter
from typing import Any

from hypothesis import strategies as st

from tests.contract.fuzz.fixtures import ID_COLUMN, TIME_COLUMN
from tests.contract.fuzz.promises.promise import promise
from tests.contract.fuzz.promises.samples import new_model, new_project, publish, publish_file, read
from tests.contract.fuzz.promises.session import Session

IDS = st.sampled_from(["a", "b", "c", "d"])
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "carrier": st.sampled_from(["AA", "DL", "XX"]),
    "distance": st.sampled_from([1, 6000, "far"]),
    "arrived_late": st.booleans(),
}
CONTENTS = st.fixed_dictionaries({TIME_COLUMN: st.just(1_700_000_000)}, optional=VALUES)
SAME = ("created", "replaced", "unchanged")


@promise("publish_events", "list_model_environments", "get_environment")
def published_events_add_up(session: Session, data: st.DataObject) -> None:
    """Every event is created, replaced or unchanged; as many are created as ids are new, and as many are counted."""
    model_id = new_model(session, new_project(session)["id"])["id"]
    known: set[str] = set()
    for _ in range(2):
        named = data.draw(st.lists(IDS, min_size=1, max_size=6))
        events = [{ID_COLUMN: one} | data.draw(CONTENTS) for one in named]
        response = publish(session, model_id, events)
        assert sum(response[name] for name in SAME) == len(events)
        assert response["created"] == len(set(named) - known)
        known.update(named)
        again = publish(session, model_id, events[-1:])
        assert [again[name] for name in SAME] == [0, 0, 1]
    [environment] = session.items(f"/v3/models/{model_id}/environments")
    assert environment["row_count"] == len(known) == len(read(session, model_id))
    assert session.get(f"/v3/environments/{environment['id']}")["row_count"] == len(known)


@promise("publish_events", "read_events")
def violations_are_counted(session: Session, data: st.DataObject) -> None:
    """A response counts each violation of its events."""
    model_id = new_model(session, new_project(session)["id"])["id"]
    contents = data.draw(st.lists(CONTENTS, min_size=1, max_size=4))
    response = publish(session, model_id, [{ID_COLUMN: f"{n}"} | content for n, content in enumerate(contents)])
    found = Counter((v["column"], v["kind"]) for item in read(session, model_id) for v in item["violations"])
    assert {(v["column"], v["kind"]): v["count"] for v in response["violations"]} == found
    missing = sum("carrier" not in content for content in contents)
    beyond = sum(content.get("distance") == 6000 for content in contents)
    mistyped = sum(content.get("distance") == "far" for content in contents)
    assert (found["carrier", "missing"], found["distance", "range"], found["distance", "type"]) == (
        missing,
        beyond,
        mistyped,
    )


@promise("publish_events", "list_model_environments")
def a_dataset_keeps_what_it_has(session: Session, data: st.DataObject) -> None:
    """Publishing to a dataset again adds new ids; the same content changes nothing, and other content is a 400."""
    model_id = new_model(session, new_project(session)["id"])["id"]
    contents = {one: data.draw(CONTENTS) for one in data.draw(st.sets(IDS, min_size=1))}
    events = [{ID_COLUMN: one} | content for one, content in contents.items()]
    assert publish(session, model_id, events, dataset="training")["created"] == len(events)
    assert publish(session, model_id, events, dataset="training")["unchanged"] == len(events)
    other = {ID_COLUMN: events[0][ID_COLUMN], TIME_COLUMN: 1_700_000_000, "carrier": "UA"}
    place = {"model_id": model_id, "env_type": "PRE_PRODUCTION", "env_name": "training"}
    refused = session.send("POST", "/v3/events", place | {"source": {"type": "EVENTS", "events": [other]}})
    assert refused.status_code == 400
    rows = {one["name"]: one["row_count"] for one in session.items(f"/v3/models/{model_id}/environments")}
    assert rows == {"production": 0, "training": len(events)}


@promise("upload_file", "publish_events", "get_job", "list_jobs", "list_rejected_rows")
def the_rows_of_a_job_add_up(session: Session, data: st.DataObject) -> None:
    """A job counts each row of its file once, and lists those that it rejected."""
    model_id = new_model(session, new_project(session)["id"])["id"]
    rows = data.draw(st.lists(st.tuples(IDS | st.just(""), st.integers(0, 3)), min_size=1, max_size=9))
    rows.append(("last", 1))
    text = f"{ID_COLUMN},distance\n" + "".join(f"{event_id},{distance}\n" for event_id, distance in rows)
    job_id = publish_file(session, model_id, session.upload(text.encode(), "rows.csv"))
    info = session.succeeded(job_id)
    assert info["rows"] == len(rows) == info["rejected_rows"] + sum(info[name] for name in SAME)
    rejected = session.items(f"/v3/jobs/{job_id}/rejected-rows")
    assert [one["row"] for one in rejected] == [number for number, row in enumerate(rows) if not row[0]]
    assert info["rejected_rows"] == len(rejected)
    assert info["created"] == len({event_id for event_id, _ in rows} - {""}) == len(read(session, model_id))


PROMISES = (
    published_events_add_up,
    violations_are_counted,
    a_dataset_keeps_what_it_has,
    the_rows_of_a_job_add_up,
)
