"""Models made by hand, and their stored events, read over REST without the client."""

from typing import Any
from uuid import uuid4

import fiddler as fdl
import requests
from fiddler.schemas.model_schema import Column

POLL_SECONDS = 0.05
PAGE = 1000


def define_model(project: fdl.Project, *columns: Column, spec: fdl.ModelSpec | None = None, **fields: Any) -> fdl.Model:
    """Create a model of these columns, all of them inputs if there is no `spec`."""
    spec = spec or fdl.ModelSpec(inputs=[column.name for column in columns])
    schema = fdl.ModelSchema(columns=list(columns))
    named = {"name": f"model_{uuid4().hex[:12]}", "project_id": project.id}
    return fdl.Model(schema=schema, spec=spec, **named | fields).create()


def column(name: str, data_type: str, **more: Any) -> Column:
    """Make a column of a type by its name on the wire."""
    return Column(name=name, data_type=fdl.DataType(data_type), **more)


def stored_events(model: fdl.Model, dataset: str | None = None, ids: list[str] | None = None) -> list[dict[str, Any]]:
    """Read all events of an environment, or those with `ids`, in order of timestamp, then id."""
    query: dict[str, Any] = {
        "model_id": str(model.id),
        "env_type": "PRODUCTION" if dataset is None else "PRE_PRODUCTION",
        "env_name": dataset,
        "limit": PAGE,
    }
    if ids is not None:
        query["event_ids"] = ids
    events: list[dict[str, Any]] = []
    while True:
        page = call("POST", "/v3/events/query", json=query)
        events += page["items"]
        if page["next_cursor"] is None:
            return events
        query["cursor"] = page["next_cursor"]


def stored_by_id(model: fdl.Model, dataset: str | None = None) -> dict[str, dict[str, Any]]:
    """Read all events of an environment by id."""
    events = stored_events(model, dataset)
    by_id = {event["event_id"]: event for event in events}
    assert len(by_id) == len(events)
    return by_id


def stored_values(model: fdl.Model, name: str, dataset: str | None = None) -> dict[str, Any]:
    """Read the values of one column, declared or not, by the event's id."""
    return {
        id: event["values"].get(name, event["undeclared"].get(name))
        for id, event in stored_by_id(model, dataset).items()
    }


def violations(event: dict[str, Any]) -> list[tuple[str, str]]:
    """Return which columns of a stored event violate the schema, and how."""
    return sorted((violation["column"], violation["kind"]) for violation in event["violations"])


def rejected_rows(job: fdl.Job) -> list[tuple[int, str]]:
    """Return a file's rejected rows by number, with the reasons."""
    page = call("GET", f"/v3/jobs/{job.id}/rejected-rows", params={"limit": PAGE})
    return [(row["row"], row["message"]) for row in page["items"]]


def done(job: fdl.Job) -> dict[str, Any]:
    """Wait for a job as a user does, but for a shorter time, and return its info."""
    job.wait(interval=POLL_SECONDS)
    return dict(job.info)


def call(method: str, path: str, **parts: Any) -> Any:
    """Call an operation that the client lacks, as its user, and return the data of the response."""
    headers = {"Authorization": f"Bearer {fdl.conn.token}"}
    response = requests.request(method, fdl.conn.url + path, headers=headers, timeout=60, **parts)
    assert response.status_code == 200, response.text
    return response.json()["data"]
