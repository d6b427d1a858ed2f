"""Projects: a token that is limited to some sees nothing of the others, and changes nothing there."""

from typing import Any

from hypothesis import strategies as st

from tests.contract.fuzz.fixtures import ID_COLUMN
from tests.contract.fuzz.promises.lists import LISTS
from tests.contract.fuzz.promises.promise import OPERATIONS, promise
from tests.contract.fuzz.promises.samples import (
    DEFINITIONS,
    PRODUCTION,
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
from tests.contract.fuzz.promises.session import Session, fresh_name

SCOPES = ("ingest", "manage", "read")
MISSING = 404
# Of operations that read a body before they look for what it changes.
BODIES: dict[str, Any] = {
    "create_notification_config": {"emails": []},
    "update_notification_config": {"emails": []},
    "update_alert_rule": {"enable_notification": True},
    "update_alert_config": {"enable_notification": True},
    "evaluate_alert_rule": {},
}
# Files belong to the projects of the token that uploaded them: see the last promise.
WITH_IDS = [
    one
    for one in OPERATIONS.values()
    if one.ids and "file_id" not in one.ids and not one.needs_all_projects and one.scopes and one.scopes & set(SCOPES)
]


@promise(*(one.id for one in WITH_IDS), *(one.id for one in LISTS), is_exhaustive=True)
def a_limited_token_sees_its_projects_only(session: Session, data: st.DataObject) -> None:
    """A resource of another project is a 404 for each operation, and in no list; its own resources are visible."""
    own, other = _project(session), _project(session)
    with session.as_token(new_token(session, *SCOPES, project_ids=[own["project_id"]])["token"]) as limited:
        for operation in sorted(WITH_IDS, key=lambda one: one.method != "GET"):
            body: Any = BODIES.get(operation.id, {} if operation.method == "PATCH" else None)
            if operation.method == "GET":
                assert session.send("GET", operation.path.format(**other)).status_code != MISSING, operation.id
            assert limited.send(operation.method, operation.path.format(**other), body).status_code == MISSING, (
                operation.id
            )
            if operation.method == "GET":
                assert limited.send("GET", operation.path.format(**own)).status_code != MISSING, operation.id
        for path in ("projects", "models", "environments", "baselines", *DEFINITIONS, "jobs"):
            text = limited.send("GET", f"/v3/{path}", limit=1000).text
            assert own["project_name"] in text, path
            assert other["project_name"] not in text, path


@promise("publish_events", "update_events", "delete_events", "read_events", "download_events", is_exhaustive=True)
def a_limited_token_has_no_events_of_others(session: Session, data: st.DataObject) -> None:
    """The events of another project's model cannot be read, written or deleted."""
    own, other = _project(session), _project(session)
    source = {"type": "EVENTS", "events": [{ID_COLUMN: "1"}]}
    requests: list[tuple[str, str, dict[str, Any]]] = [
        ("POST", "/v3/events/query", PRODUCTION),
        ("POST", "/v3/analytics/download-slice-data", PRODUCTION | {"csv": True}),
        ("POST", "/v3/events", PRODUCTION | {"source": source}),
        ("PATCH", "/v3/events", PRODUCTION | {"source": source}),
        ("DELETE", "/v3/events", {"event_ids": ["unknown"], "update_metrics": False}),
    ]
    with session.as_token(new_token(session, *SCOPES, project_ids=[own["project_id"]])["token"]) as limited:
        # Twice, and after a token without limits: cached results of its requests are not for others.
        for method, path, body in requests * 2:
            assert session.send(method, path, body | {"model_id": other["model_id"]}).is_success, path
            assert limited.send(method, path, body | {"model_id": other["model_id"]}).status_code == MISSING, path
            assert limited.send(method, path, body | {"model_id": own["model_id"]}).is_success, path


@promise(*OPERATIONS, is_exhaustive=True)
def some_operations_need_all_projects(session: Session, data: st.DataObject) -> None:
    """An operation with `x-all-projects` refuses a limited token with 403."""
    project = new_project(session)
    with session.as_token(new_token(session, *SCOPES, project_ids=[project["id"]])["token"]) as limited:
        for operation in OPERATIONS.values():
            if operation.needs_all_projects:
                assert limited.send(operation.method, operation.path, {"name": fresh_name()}).status_code == 403


@promise("upload_file", "publish_events", is_exhaustive=True)
def files_stay_in_their_projects(session: Session, data: st.DataObject) -> None:
    """A file of a limited token can be published to that token's projects only, by any token that sees it."""
    own, other = _project(session), _project(session)
    with (
        session.as_token(new_token(session, *SCOPES, project_ids=[own["project_id"]])["token"]) as limited,
        session.as_token(new_token(session, *SCOPES, project_ids=[other["project_id"]])["token"]) as stranger,
    ):
        file_id = limited.upload(ROWS.encode(), "rows.csv")
        body = PRODUCTION | {"model_id": other["model_id"], "source": {"type": "FILE", "file_id": file_id}}
        assert session.send("POST", "/v3/events", body).status_code == 400
        assert stranger.send("POST", "/v3/events", body).status_code == MISSING
        limited.succeeded(publish_file(limited, own["model_id"], file_id))


def _project(session: Session) -> dict[str, str]:
    """Create a project with some of each resource, and return path parameters by name."""
    project = new_project(session)
    model = new_model(session, project["id"])
    publish(session, model["id"], [{ID_COLUMN: "1"}])
    job_id = publish_file(session, model["id"], session.upload(ROWS.encode(), "rows.csv"))
    session.succeeded(job_id)
    [environment] = session.items(f"/v3/models/{model['id']}/environments")
    return {
        "project_id": project["id"],
        "project_name": project["name"],
        "model_id": model["id"],
        "environment_id": environment["id"],
        "baseline_id": new_baseline(session, model["id"])["id"],
        "segment_id": new_definition(session, "segments", model["id"])["id"],
        "custom_metric_id": new_definition(session, "custom-metrics", model["id"])["id"],
        "alert_rule_id": new_rule(session, model["id"])["id"],
        "job_id": job_id,
    }


PROMISES = (
    a_limited_token_sees_its_projects_only,
    a_limited_token_has_no_events_of_others,
    some_operations_need_all_projects,
    files_stay_in_their_projects,
)
