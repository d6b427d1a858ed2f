"""Retries: one key, or one body that is sent again, gets one response and has one effect."""

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from uuid import uuid4

from hypothesis import strategies as st

from tests.contract.fuzz.fixtures import COLUMNS, ID_COLUMN, SPEC
from tests.contract.fuzz.promises.promise import OPERATIONS, Promise, promise
from tests.contract.fuzz.promises.samples import (
    DEFINITIONS,
    PRODUCTION,
    ROWS,
    TRAFFIC_RULE,
    new_baseline,
    new_definition,
    new_model,
    new_project,
    new_rule,
    new_token,
    new_webhook,
)
from tests.contract.fuzz.promises.session import Session, fresh_name

KEY = "Idempotency-Key"
RETRY = "X-Fiddler-Client-Retry"


@dataclass(frozen=True)
class Request:
    """A request that succeeds once. `other` is a body that the same key must not be used with."""

    path: str
    body: Any = None
    other: Any = None


def _project(session: Session) -> Request:
    return Request("/v3/projects", {"name": fresh_name()}, {"name": fresh_name()})


def _model(session: Session) -> Request:
    body = {"project_id": new_project(session)["id"], "schema": {"columns": COLUMNS}, "spec": SPEC}
    return Request("/v3/models", body | {"name": fresh_name()}, body | {"name": fresh_name()})


def _patch(session: Session) -> Request:
    path = f"/v3/models/{_model_id(session)}"
    return Request(path, {"description": "one"}, {"description": "two"})


def _events(session: Session) -> Request:
    # Without an event_id_col, each execution makes other ids.
    model_id = new_model(session, new_project(session)["id"], event_id_col=None)["id"]
    return Request("/v3/events", _source(model_id, {"note": "a"}), _source(model_id, {"note": "b"}))


def _updates(session: Session) -> Request:
    model_id = _model_id(session)
    one, two = ({ID_COLUMN: "1", "note": note} for note in "ab")
    return Request("/v3/events", _source(model_id, one), _source(model_id, two))


def _deletion(session: Session) -> Request:
    model_id = _model_id(session)
    return Request("/v3/events", *({"model_id": model_id, "event_ids": [one], "update_metrics": False} for one in "ab"))


def _baseline(session: Session) -> Request:
    body = {"model_id": _model_id(session), "type": "ROLLING", "offset_delta": 1, "window_bin_size": "Day"} | PRODUCTION
    return Request("/v3/baselines", body | {"name": "one"}, body | {"name": "two"})


def _definition(kind: str) -> Callable[[Session], Request]:
    def make(session: Session) -> Request:
        body = {"model_id": _model_id(session), "definition": DEFINITIONS[kind]}
        return Request(f"/v3/{kind}", body | {"name": "one"}, body | {"name": "two"})

    return make


def _deleted_definition(kind: str) -> Callable[[Session], Request]:
    return lambda session: Request(f"/v3/{kind}/{new_definition(session, kind, _model_id(session))['id']}")


def _upload(session: Session) -> Request:
    file_id = session.post("/v3/files/multipart-init", {"filename": "rows.csv"})["id"]
    part_id = session.upload_part(file_id, 1, b"a\n1\n")
    assert part_id == sha256(b"a\n1\n").hexdigest()
    one, two = ({"file_id": file_id, "parts": [{"number": number, "id": part_id}]} for number in (1, 2))
    return Request("/v3/files/multipart-complete", one, two)


def _impact(session: Session) -> Request:
    model_id, name = _model_id(session), SPEC["inputs"][0]
    one, two = ({"model_id": model_id, "feature_impact_map": {name: impact}} for impact in (0.5, 0.25))
    return Request("/v3/analytics/upload-feature-impact", one, two)


def _rule(session: Session) -> Request:
    body = {"model_id": _model_id(session)} | TRAFFIC_RULE
    return Request("/v3/alert-rules", body | {"name": "one"}, body | {"name": "two"})


def _config(session: Session) -> Request:
    project = new_project(session)
    model = new_model(session, project["id"])
    body = {"project_name": project["name"], "model_name": model["name"]} | TRAFFIC_RULE
    return Request("/v2/alert-configs", body | {"name": "one"}, body | {"name": "two"})


def _of_rule(path: str, one: Any = None, two: Any = None) -> Callable[[Session], Request]:
    def make(session: Session) -> Request:
        return Request(path.format(new_rule(session, _model_id(session))["id"]), one, two)

    return make


QUIET = {"enable_notification": False}, {"enable_notification": True}
EMAILS = {"emails": ["a@b.example"]}, {"emails": ["c@d.example"]}
REQUESTS: dict[str, Callable[[Session], Request]] = {
    "create_project": _project,
    "create_model": _model,
    "update_model": _patch,
    "publish_events": _events,
    "update_events": _updates,
    "delete_events": _deletion,
    "create_baseline": _baseline,
    "create_segment": _definition("segments"),
    "create_custom_metric": _definition("custom-metrics"),
    "upload_feature_impact": _impact,
    "replace_feature_impact": _impact,
    "complete_multipart_upload": _upload,
    "delete_project": lambda session: Request(f"/v3/projects/{new_project(session)['id']}"),
    "delete_model": lambda session: Request(f"/v3/models/{_model_id(session)}"),
    "delete_file": lambda session: Request(f"/v3/files/{session.upload(ROWS.encode(), 'rows.csv')}"),
    "delete_baseline": lambda session: Request(f"/v3/baselines/{new_baseline(session, _model_id(session))['id']}"),
    "delete_webhook": lambda session: Request(f"/v2/webhooks/{new_webhook(session)['uuid']}"),
    "create_alert_rule": _rule,
    "update_alert_rule": _of_rule("/v3/alert-rules/{}", *QUIET),
    "delete_alert_rule": _of_rule("/v3/alert-rules/{}"),
    "create_notification_config": _of_rule("/v3/alert-rules/{}/notification", *EMAILS),
    "update_notification_config": _of_rule("/v3/alert-rules/{}/notification", *EMAILS),
    "create_alert_config": _config,
    "update_alert_config": _of_rule("/v2/alert-configs/{}", *QUIET),
    "delete_alert_config": _of_rule("/v2/alert-configs/{}"),
    "delete_segment": _deleted_definition("segments"),
    "delete_custom_metric": _deleted_definition("custom-metrics"),
}


def _one_key_gets_one_response(name: str) -> Promise:
    method = OPERATIONS[name].method

    def hold(session: Session, data: st.DataObject) -> None:
        request, key = REQUESTS[name](session), data.draw(st.text("abc123-", max_size=8)) + uuid4().hex
        first = session.send(method, request.path, request.body, {KEY: key})
        assert first.is_success, first.text
        for headers in data.draw(
            st.lists(st.sampled_from([{KEY: key}, {KEY: key, RETRY: "1"}]), min_size=1, max_size=2)
        ):
            again = session.send(method, request.path, request.body, headers)
            assert (again.status_code, again.json()) == (first.status_code, first.json())
        if request.other is not None:
            assert session.send(method, request.path, request.other, {KEY: key}).status_code == 422

    return Promise(f"one_key_gets_one_response of {name}", frozenset({name}), hold, is_exhaustive=True)


def _a_retry_gets_the_first_response(name: str) -> Promise:
    method = OPERATIONS[name].method

    def hold(session: Session, data: st.DataObject) -> None:
        request = REQUESTS[name](session)
        first = session.send(method, request.path, request.body)
        again = session.send(method, request.path, request.body, {RETRY: "1"})
        assert (again.status_code, again.json()) == (first.status_code, first.json())

    return Promise(f"a_retry_gets_the_first_response of {name}", frozenset({name}), hold, is_exhaustive=True)


@promise("create_token", "create_project", is_exhaustive=True)
def keys_belong_to_a_token(session: Session, data: st.DataObject) -> None:
    """A key that another token used is a new key."""
    key, scope = {KEY: uuid4().hex}, "admin"
    with session.as_token(new_token(session, scope)["token"]) as other:
        ids = [
            holder.send("POST", "/v3/projects", {"name": fresh_name()}, key).json()["data"]["id"]
            for holder in (session, other)
        ]
    assert len(set(ids)) == 2


@promise(*REQUESTS, is_exhaustive=True)
def every_operation_with_a_key_is_tried(session: Session, data: st.DataObject) -> None:
    """The operations that take a key are those that these promises are about."""
    assert REQUESTS.keys() == {name for name, one in OPERATIONS.items() if KEY in one.parameters}


def _model_id(session: Session) -> str:
    return str(new_model(session, new_project(session)["id"])["id"])


def _source(model_id: str, event: dict[str, Any]) -> dict[str, Any]:
    return {"model_id": model_id, **PRODUCTION, "source": {"type": "EVENTS", "events": [event]}}


PROMISES = (
    *map(_one_key_gets_one_response, REQUESTS),
    *map(_a_retry_gets_the_first_response, REQUESTS),
    keys_belong_to_a_token,
    every_operation_with_a_key_is_tried,
)
