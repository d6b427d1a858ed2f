"""Segments and custom metrics: they select and bind what they say, and the check of one agrees with its creation."""

import csv
import io
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from tests.contract.fuzz.fixtures import COLUMNS, ID_COLUMN
from tests.contract.fuzz.promises.promise import promise
from tests.contract.fuzz.promises.samples import (
    DEFINITIONS,
    PRODUCTION,
    new_definition,
    new_model,
    new_project,
    publish,
)
from tests.contract.fuzz.promises.session import Session, fresh_name
from tests.contract.fuzz.targeting import DEFINITIONS as TRIED

KINDS = {"segments": "segment", "custom-metrics": "metric"}
Holds = Callable[[Any], bool | None]
# Each with what it means for an event: null compared with anything is null, and a segment takes what is true.
MEANINGS: dict[str, Holds] = {
    "distance > 2": lambda event: None if event["distance"] is None else event["distance"] > 2,
    "not arrived_late": lambda event: None if event["arrived_late"] is None else not event["arrived_late"],
    "is_null(distance) or arrived_late": lambda event: event["distance"] is None or event["arrived_late"],
    "carrier == 'UA' and true": lambda event: None if event["carrier"] is None else event["carrier"] == "UA",
    "distance / 0 > 1": lambda event: None,
}
EVENTS = st.fixed_dictionaries(
    {
        "distance": st.none() | st.integers(0, 5),
        "arrived_late": st.none() | st.booleans(),
        "carrier": st.none() | st.sampled_from(["UA", "AA"]),
    }
)


@promise("create_segment", "download_events", "publish_events")
def a_segment_selects_what_it_says(session: Session, data: st.DataObject) -> None:
    """A stored segment and its definition give the events for which it is true; a sample has as many as asked for."""
    model_id = new_model(session, new_project(session)["id"])["id"]
    events = {f"event-{number}": data.draw(EVENTS) for number in range(data.draw(st.integers(1, 12)))}
    publish(session, model_id, [{ID_COLUMN: one, **event} for one, event in events.items()])
    definition = data.draw(st.sampled_from(sorted(MEANINGS)))
    members = {one for one, event in events.items() if MEANINGS[definition](event)}
    stored = new_definition(session, "segments", model_id, definition=definition)
    most = data.draw(st.integers(1, len(events)))
    for chosen in ({"id": stored["id"]}, {"definition": definition}):
        body = {"model_id": model_id, **PRODUCTION, "csv": True, "column_names": [ID_COLUMN], "segment": chosen}
        if not members:
            assert session.send("POST", "/v3/analytics/download-slice-data", body).status_code == 404
            continue
        assert _ids(session.download(body)) == members
        sample = _ids(session.download(body | {"num_samples": most}))
        assert sample <= members
        assert len(sample) == min(most, len(members))


@promise("check_definition", "create_segment", "create_custom_metric")
def a_check_agrees_with_the_creation(session: Session, data: st.DataObject) -> None:
    """What the check finds valid is created, and what it does not is a 400 with its message."""
    model_id = new_model(session, new_project(session)["id"])["id"]
    definition = data.draw(st.sampled_from(TRIED) | st.text("ab1'\"()=<+ ,", max_size=8))
    for path, kind in KINDS.items():
        body = {"model_id": model_id, "definition": definition}
        found = session.post("/v3/monitoring/definitions/check", body | {"kind": kind})
        created = session.send("POST", f"/v3/{path}", body | {"name": fresh_name()})
        assert created.status_code == (200 if found["valid"] else 400)
        assert found["valid"] == (found["message"] is None) == (found["position"] is None)
        if not found["valid"]:
            assert found["message"] in created.json()["error"]["message"]
            assert found["position"] <= len(definition)


@promise("create_segment", "create_custom_metric", "update_model", "delete_segment", "delete_custom_metric")
def a_used_column_stays(session: Session, data: st.DataObject) -> None:
    """A column is neither removed nor retyped as long as a definition uses it."""
    project = new_project(session)
    model = new_model(session, project["id"], spec={"inputs": ["carrier"]})
    kind = data.draw(st.sampled_from(sorted(DEFINITIONS)))
    made = new_definition(session, kind, model["id"])
    others = [column for column in COLUMNS if column["name"] != "distance"]
    columns = data.draw(st.sampled_from([others, [*others, {"name": "distance", "data_type": "float"}]]))
    path, change = f"/v3/models/{model['id']}", {"schema": {"columns": columns}}
    refused = session.send("PATCH", path, change)
    assert refused.status_code == 409
    assert made["name"] in refused.text
    assert session.get(path)["schema"] == model["schema"]
    session.delete(f"/v3/{kind}/{made['id']}")
    assert session.send("PATCH", path, change).status_code == 200


def _ids(content: bytes) -> set[str]:
    return {row[ID_COLUMN] for row in csv.DictReader(io.StringIO(content.decode()))}


PROMISES = (
    a_segment_selects_what_it_says,
    a_check_agrees_with_the_creation,
    a_used_column_stays,
)
