"""Fixtures of the promises: a project with its own models."""

from functools import lru_cache
from typing import Any

from tests.contract.fuzz.fixtures import COLUMNS, ID_COLUMN, SPEC, WITH_IDS
from tests.contract.fuzz.promises.session import Session, fresh_name

PRODUCTION = {"env_type": "PRODUCTION"}
# Valid for the models of the fuzz, by the name in paths.
DEFINITIONS = {"segments": "distance > 1", "custom-metrics": "sum(distance)"}
TRAFFIC_RULE = {
    "metric_id": "traffic",
    "priority": "HIGH",
    "compare_to": "raw_value",
    "condition": "lesser",
    "bin_size": "Hour",
    "critical_threshold": 1,
}
ROWS = f"{ID_COLUMN},distance\n" + "".join(f"row-{row},{row}\n,{row}\n" for row in range(4))


def new_project(session: Session) -> Any:
    return session.post("/v3/projects", {"name": fresh_name()})


def new_model(session: Session, project_id: str, **fields: Any) -> Any:
    """Create a model with the columns of the fuzz, and an event id and a timestamp."""
    described = {"name": fresh_name(), "project_id": project_id, "schema": {"columns": COLUMNS}, "spec": SPEC}
    return session.post("/v3/models", described | WITH_IDS | fields)


def new_token(session: Session, *scopes: str, **fields: Any) -> Any:
    return session.post("/v3/tokens", {"name": "a token", "scopes": list(scopes), **fields})


def publish(session: Session, model_id: str, events: list[Any], dataset: str | None = None) -> Any:
    place = PRODUCTION if dataset is None else {"env_type": "PRE_PRODUCTION", "env_name": dataset}
    return session.post("/v3/events", {"model_id": model_id, **place, "source": {"type": "EVENTS", "events": events}})


def publish_file(session: Session, model_id: str, file_id: str) -> str:
    """Return the id of the job that publishes a file."""
    source = {"type": "FILE", "file_id": file_id}
    return str(session.post("/v3/events", {"model_id": model_id, **PRODUCTION, "source": source})["job"]["id"])


def update(session: Session, model_id: str, events: list[Any]) -> Any:
    source = {"type": "EVENTS", "events": events}
    return session.patch("/v3/events", {"model_id": model_id, **PRODUCTION, "source": source})


def read(session: Session, model_id: str, **query: Any) -> list[Any]:
    """Return up to a thousand events of production."""
    items: list[Any] = session.post("/v3/events/query", {"model_id": model_id, **PRODUCTION, "limit": 1000, **query})[
        "items"
    ]
    return items


def new_baseline(session: Session, model_id: str, **fields: Any) -> Any:
    window = {"type": "ROLLING", "offset_delta": 1, "window_bin_size": "Day"}
    return session.post("/v3/baselines", {"name": fresh_name(), "model_id": model_id, **PRODUCTION, **window, **fields})


def new_definition(session: Session, kind: str, model_id: str, **fields: Any) -> Any:
    """Create a segment or a custom metric; `kind` is a key of DEFINITIONS."""
    body = {"name": fresh_name(), "model_id": model_id, "definition": DEFINITIONS[kind]}
    return session.post(f"/v3/{kind}", body | fields)


def new_webhook(session: Session, **fields: Any) -> Any:
    """Create a webhook to which nothing is sent: a server without the setting refuses a private address."""
    body = {"name": fresh_name(), "url": "https://127.0.0.1:1/", "provider": "SLACK"}
    return session.post("/v2/webhooks", body | fields)


def new_rule(session: Session, model_id: str, **fields: Any) -> Any:
    """Create an alert rule about the traffic of a model."""
    return session.post("/v3/alert-rules", {"name": fresh_name(), "model_id": model_id} | TRAFFIC_RULE | fields)


@lru_cache
def listed(session: Session) -> dict[str, str]:
    """Create some of each resource that lists show, and return path parameters by name."""
    project = new_project(session)
    names = ["first_model", "second_model", "third_model"]
    models = [
        new_model(session, project["id"], name=name, version=version) for name in names for version in ("v1", "V2")
    ]
    for model in models:
        for name in ("Training", "test"):
            publish(session, model["id"], [{ID_COLUMN: "1"}], dataset=name)
        new_baseline(session, model["id"])
        for kind in DEFINITIONS:
            new_definition(session, kind, model["id"])
        new_rule(session, model["id"])
    job_id = publish_file(session, models[0]["id"], session.upload(ROWS.encode(), "rows.csv"))
    session.ended(job_id)
    for name in ("Reader one", "reader two"):
        session.post("/v3/tokens", {"name": name, "scopes": ["read"]})
        new_webhook(session)
    return {"project_id": project["id"], "model_id": models[0]["id"], "job_id": job_id}
