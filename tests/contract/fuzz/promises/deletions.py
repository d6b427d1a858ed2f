"""Deletions: a deleted resource is gone everywhere at once, and its second deletion is a 404."""

from typing import Any

from hypothesis import strategies as st

from tests.contract.fuzz.fixtures import ID_COLUMN
from tests.contract.fuzz.promises.promise import promise
from tests.contract.fuzz.promises.samples import (
    DEFINITIONS,
    ROWS,
    new_baseline,
    new_definition,
    new_model,
    new_project,
    new_rule,
    new_token,
    publish,
    publish_file,
)
from tests.contract.fuzz.promises.session import Session


@promise("create_project", "delete_project", "get_project", "list_projects")
def a_deleted_project_is_gone(session: Session, data: st.DataObject) -> None:
    """A project goes with its models, and only once."""
    project = new_project(session)
    model = new_model(session, project["id"])
    session.succeeded(session.delete(f"/v3/projects/{project['id']}")["job"]["id"])
    _is_gone(session, f"/v3/projects/{project['id']}")
    _is_gone(session, f"/v3/models/{model['id']}")
    _is_unlisted(session, "/v3/projects", project["id"])
    _is_unlisted(session, "/v3/models", model["id"])


@promise(
    "create_model", "delete_model", "get_model", "list_models", "list_environments", "get_environment", "list_baselines"
)
def a_deleted_model_is_gone(session: Session, data: st.DataObject) -> None:
    """A model goes with its environments, baselines, segments, custom metrics and events, and only once."""
    project = new_project(session)
    model, other = new_model(session, project["id"]), new_model(session, project["id"])
    baseline = new_baseline(session, model["id"])
    definitions = {kind: new_definition(session, kind, model["id"])["id"] for kind in DEFINITIONS}
    publish(session, model["id"], [{ID_COLUMN: "1"}])
    [environment] = session.items(f"/v3/models/{model['id']}/environments")
    session.succeeded(session.delete(f"/v3/models/{model['id']}")["job"]["id"])
    _is_gone(session, f"/v3/models/{model['id']}")
    for path in ("", "/columns", "/environments", "/baselines", *(f"/{kind}" for kind in DEFINITIONS)):
        assert session.send("GET", f"/v3/models/{model['id']}{path}").status_code == 404
    assert session.send("GET", f"/v3/environments/{environment['id']}").status_code == 404
    assert session.send("GET", f"/v3/baselines/{baseline['id']}").status_code == 404
    for kind, id in definitions.items():
        _is_gone(session, f"/v3/{kind}/{id}")
        _is_unlisted(session, f"/v3/{kind}", id)
    _is_unlisted(session, "/v3/models", model["id"])
    _is_unlisted(session, "/v3/environments", environment["id"])
    _is_unlisted(session, "/v3/baselines", baseline["id"])
    assert [one["id"] for one in session.items("/v3/models", project_id=project["id"])] == [other["id"]]


@promise("create_baseline", "delete_baseline", "get_baseline", "list_baselines", "list_model_baselines")
def a_deleted_baseline_is_gone(session: Session, data: st.DataObject) -> None:
    """A baseline goes alone, and only once."""
    model = new_model(session, new_project(session)["id"])
    baseline, other = new_baseline(session, model["id"]), new_baseline(session, model["id"])
    assert session.delete(f"/v3/baselines/{baseline['id']}")["id"] == baseline["id"]
    _is_gone(session, f"/v3/baselines/{baseline['id']}")
    assert [one["id"] for one in session.items(f"/v3/models/{model['id']}/baselines")] == [other["id"]]


@promise(
    *(f"{action}_{noun}" for action in ("create", "delete", "get") for noun in ("segment", "custom_metric")),
    "list_segments",
    "list_model_segments",
    "list_custom_metrics",
    "list_model_custom_metrics",
)
def a_deleted_definition_is_gone(session: Session, data: st.DataObject) -> None:
    """A segment or custom metric goes alone, and only once; its name is free again."""
    model = new_model(session, new_project(session)["id"])
    for kind in DEFINITIONS:
        deleted, other = (new_definition(session, kind, model["id"]) for _ in range(2))
        assert session.delete(f"/v3/{kind}/{deleted['id']}") == deleted
        _is_gone(session, f"/v3/{kind}/{deleted['id']}")
        _is_unlisted(session, f"/v3/{kind}", deleted["id"])
        again = new_definition(session, kind, model["id"], name=deleted["name"])
        listed = session.items(f"/v3/models/{model['id']}/{kind}")
        assert {one["id"] for one in listed} == {other["id"], again["id"]}


@promise(
    "create_alert_rule", "delete_alert_rule", "get_alert_rule", "list_alert_rules", "delete_model", "get_alert_config"
)
def a_deleted_rule_is_gone(session: Session, data: st.DataObject) -> None:
    """An alert rule goes alone or with its model, in both forms of the API."""
    model = new_model(session, new_project(session)["id"])
    deleted, other = (new_rule(session, model["id"]) for _ in range(2))
    assert _as_created(session.delete(f"/v3/alert-rules/{deleted['id']}")) == _as_created(deleted)
    _rule_is_gone(session, deleted["id"])
    assert _as_created(session.get(f"/v3/alert-rules/{other['id']}")) == _as_created(other)
    session.delete(f"/v3/models/{model['id']}")
    _rule_is_gone(session, other["id"])


def _rule_is_gone(session: Session, id: str) -> None:
    for path in ("/v3/alert-rules", "/v2/alert-configs"):
        _is_gone(session, f"{path}/{id}")
        _is_unlisted(session, path, id)


@promise("upload_file", "delete_file", "get_file", "list_files", "publish_events")
def a_deleted_file_is_gone(session: Session, data: st.DataObject) -> None:
    """A file goes with its content, and only once; nothing can be published from it any more."""
    file_id = session.upload(ROWS.encode(), "rows.csv")
    model_id = new_model(session, new_project(session)["id"])["id"]
    session.delete(f"/v3/files/{file_id}")
    _is_gone(session, f"/v3/files/{file_id}")
    _is_unlisted(session, "/v3/files", file_id)
    body = {"model_id": model_id, "env_type": "PRODUCTION", "source": {"type": "FILE", "file_id": file_id}}
    assert session.send("POST", "/v3/events", body).status_code == 404


@promise("upload_file", "delete_file", "publish_events", "get_job")
def a_file_stays_while_a_job_needs_it(session: Session, data: st.DataObject) -> None:
    """A deletion never takes the file from a job that was accepted: it is a 409 until all of them have ended."""
    file_id = session.upload(ROWS.encode(), "rows.csv")
    model_id = new_model(session, new_project(session)["id"])["id"]
    job_ids = [publish_file(session, model_id, file_id) for _ in range(data.draw(st.integers(1, 4)))]
    assert session.send("DELETE", f"/v3/files/{file_id}").status_code in (200, 409)
    for job_id in job_ids:
        session.succeeded(job_id)


@promise("create_token", "revoke_token")
def a_revoked_token_is_gone(session: Session, data: st.DataObject) -> None:
    """A token is revoked only once, and cannot be rotated any more."""
    token = new_token(session, "read")
    session.delete(f"/v3/tokens/{token['id']}")
    assert session.send("DELETE", f"/v3/tokens/{token['id']}").status_code == 404
    assert session.send("POST", f"/v3/tokens/{token['id']}/rotate", {}).status_code == 404


def _is_gone(session: Session, path: str) -> None:
    assert session.send("GET", path).status_code == 404, path
    assert session.send("DELETE", path).status_code == 404, path


def _is_unlisted(session: Session, path: str, id: str) -> None:
    assert id not in {item["id"] for item in session.items(path)}, path


PROMISES = (
    a_deleted_project_is_gone,
    a_deleted_model_is_gone,
    a_deleted_baseline_is_gone,
    a_deleted_definition_is_gone,
    a_deleted_rule_is_gone,
    a_deleted_file_is_gone,
    a_file_stays_while_a_job_needs_it,
    a_revoked_token_is_gone,
)


def _as_created(rule: dict[str, Any]) -> dict[str, Any]:
    """Return what only requests change of a rule: the server judges its bins meanwhile."""
    return {name: value for name, value in rule.items() if name not in ("last_evaluation", "next_evaluation_at")}
