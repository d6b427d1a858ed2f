"""The Python client's handling of requests and responses, with a fake server."""

import json
import ssl
from collections.abc import Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import yaml

from inference_events import errors as server_errors
from inference_events_client import (
    ApiError,
    InferenceEvents,
    JobNotFinished,
    NotFound,
    RetryPolicy,
    ServiceUnavailable,
    TransportError,
)
from inference_events_client.api.events import publish_events
from inference_events_client.api.tokens import create_token
from inference_events_client.facade import errors
from inference_events_client.facade.filters import Rule, encode_filter
from inference_events_client.facade.requests import events_request
from inference_events_client.facade.results import merge_published
from inference_events_client.facade.retries import WITHOUT_KEYS
from inference_events_client.models import EventsPublished, TokenCreate, ViolationCount, WarningDetail

SPEC = yaml.safe_load((Path(__file__).parents[2] / "openapi.yaml").read_text())
# Operations that change something, have no keys, and may run twice without harm.
HARMLESS = {
    "begin_multipart_upload",
    "check_definition",
    "compute_columns",
    "compute_distribution",
    "compute_histograms",
    "compute_labels",
    "compute_metrics",
    "compute_performance",
    "compute_scores",
    "compute_series",
    "compute_violations",
    "download_events",
    "generate_model",
    "get_feature_impact",
    "query_metrics",
    "read_events",
    "update_webhook",
    "upload_file",
    "upload_part",
}
Reply = httpx.Response | Exception
TWO_ATTEMPTS = RetryPolicy(attempts=2)


class Server:
    """Reply with `replies`, one after the other, the last one again and again; keep the requests."""

    def __init__(self, *replies: Reply) -> None:
        self.requests: list[httpx.Request] = []
        self._replies = replies

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        reply = self._replies[min(len(self.requests), len(self._replies)) - 1]
        if isinstance(reply, Exception):
            raise reply
        return reply

    def client(self, retries: RetryPolicy = TWO_ATTEMPTS, token: str = "secret") -> InferenceEvents:
        return InferenceEvents("http://server.test", token, retries=retries, transport=httpx.MockTransport(self))

    @property
    def keys(self) -> list[str | None]:
        return [request.headers.get("Idempotency-Key") for request in self.requests]


def refusal(status: int, **headers: str) -> httpx.Response:
    reason = "Reason"
    details = [{"reason": reason, "message": "Why", "help": ""}]
    error = {"code": status, "message": "Why", "errors": details}
    return httpx.Response(status, json={"api_version": "3.0", "kind": "ERROR", "error": error}, headers=headers)


def job(status: str) -> httpx.Response:
    [response, *_] = SPEC["paths"]["/v3/jobs/{job_id}"]["get"]["responses"]["200"]["content"].values()
    [example, *_] = response["examples"].values()
    data = example["value"]["data"] | {"name": "Work", "status": status, "progress": 50}
    return httpx.Response(200, json=example["value"] | {"data": data})


def operations() -> Sequence[tuple[str, str, dict[str, Any]]]:
    return [
        (path, method, node)
        for path, item in SPEC["paths"].items()
        for method, node in item.items()
        if isinstance(node, dict)
    ]


def test_each_error_of_the_contract_has_a_class() -> None:
    """Every error status of the contract, and every error of the server, has a class of its own in the client."""
    statuses = {int(status) for *_, node in operations() for status in node["responses"] if status >= "400"}
    codes = {one.code for one in server_errors.ApiError.__subclasses__()}
    assert statuses | codes <= set(errors.BY_STATUS)
    assert len(set(errors.BY_STATUS.values())) == len(errors.BY_STATUS)


def test_every_change_has_a_key_or_is_not_repeated() -> None:
    """An operation that changes something takes a key, or is harmless, or is one that the client does not repeat."""
    key = {"$ref": "#/components/parameters/IdempotencyKey"}
    without_keys = {
        node["operationId"]: path
        for path, method, node in operations()
        if method != "get" and key not in node.get("parameters", [])
    }
    assert set(without_keys) >= HARMLESS
    for operation, path in without_keys.items():
        assert (operation in HARMLESS) != bool(WITHOUT_KEYS.search(path)), operation


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_all_attempts_have_one_key(status: int) -> None:
    """After a temporary refusal a change is repeated with the key of its first attempt; another change has another."""
    server = Server(refusal(status))
    client = server.client()
    for _ in range(2):
        with pytest.raises(ApiError, match=f"{status} Reason: Why"):
            client.projects.create("name")
    first, second, third, fourth = server.keys
    assert first == second
    assert third == fourth
    assert None not in server.keys
    assert first != third


def test_a_key_of_the_callers_own_stays() -> None:
    """A generated operation that is called with a key keeps it."""
    server = Server(refusal(503))
    body = events_request(uuid4(), [])
    with pytest.raises(ServiceUnavailable):
        server.client().call(publish_events.sync, body=body, idempotency_key="mine")
    assert server.keys == ["mine", "mine"]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 408, 409, 413, 415, 422, 431, 500, 501])
def test_a_lasting_refusal_is_not_repeated(status: int) -> None:
    """Any other refusal is raised at once."""
    server = Server(refusal(status))
    with pytest.raises(errors.BY_STATUS[status]):
        server.client().projects.create("name")
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("reply", "attempts"),
    [
        (refusal(503), 2),
        (httpx.ConnectError("refused"), 2),
        (refusal(502), 1),
        (httpx.ReadError("broken"), 1),
    ],
)
def test_tokens_are_not_made_twice(reply: Reply, attempts: int) -> None:
    """A token operation is repeated only if the server cannot have executed it."""
    server = Server(reply)
    body = TokenCreate.from_dict({"name": "name", "scopes": ["read"]})
    with pytest.raises((ApiError, TransportError)):
        server.client().call(create_token.sync, body=body)
    assert len(server.requests) == attempts


@pytest.mark.parametrize("value", ["61", "Wed, 01 Jan 2098 00:00:00 GMT"])
def test_no_attempt_begins_after_the_time_limit(value: str) -> None:
    """If the server asks to wait longer than the client may, the error is raised at once."""
    server = Server(refusal(503, **{"Retry-After": value}))
    with pytest.raises(ServiceUnavailable):
        server.client().jobs.get(uuid4())
    assert len(server.requests) == 1


def test_a_certificate_that_is_refused_is_not_tried_again() -> None:
    """An error that another attempt cannot change is raised at once."""
    error = httpx.ConnectError("certificate verify failed")
    error.__cause__ = ssl.SSLCertVerificationError()
    server = Server(error)
    with pytest.raises(TransportError, match="certificate verify failed"):
        server.client().jobs.get(uuid4())
    assert len(server.requests) == 1


@pytest.mark.parametrize("status", [200, 307, 410, 502])
def test_a_page_of_a_proxy_is_an_error(status: int) -> None:
    """A response that is not from the server raises ApiError with its status, and says so."""
    server = Server(httpx.Response(status, html="<html>Log in</html>"))
    with pytest.raises(ApiError, match="does not come from an Inference Events server") as raised:
        server.client().jobs.get(uuid4())
    assert (raised.value.status, raised.value.reason) == (status, HTTPStatus(status).phrase)


def test_pages_are_read_when_they_are_needed() -> None:
    """The first item of a list needs the first page only."""
    page = {"page_size": 1, "total": 2, "item_count": 1, "page_count": 2, "page_index": 1, "offset": 0}
    row = {"row": 7, "reason": "BadRequest", "message": "Why"}
    reply = {"data": {**page, "items": [row]}, "api_version": "3.0", "kind": "PAGINATED"}
    server = Server(httpx.Response(200, json=reply), refusal(404))
    rows = server.client().jobs.rejected_rows(uuid4())
    assert next(rows).row == 7
    assert len(server.requests) == 1
    with pytest.raises(NotFound):
        next(rows)


def test_waiting_for_a_job_ends() -> None:
    """A job that does not end in time raises JobNotFinished, which has the job's last state."""
    server = Server(job("STARTED"))
    with pytest.raises(JobNotFinished, match="Work did not end in time: STARTED, 50 per cent") as raised:
        server.client().jobs.wait(uuid4(), timeout=0.25)
    assert raised.value.job.status == "STARTED"
    assert len(server.requests) > 2


def test_a_token_may_end_with_its_line() -> None:
    """A token that was read from a file is sent without the end of its line."""
    server = Server(job("SUCCESS"))
    server.client(token="secret\n").jobs.get(uuid4())
    assert server.requests[0].headers["Authorization"] == "Bearer secret"


def test_a_token_that_cannot_be_sent_is_not_shown() -> None:
    """Text that is no token is refused without being shown."""
    with pytest.raises(ValueError, match=r"^the token has characters that no token has$"):
        InferenceEvents("http://server.test", "sec\nret")


def test_filters_are_json() -> None:
    """Values of Python become the API's values."""
    id, time = UUID(int=7), datetime(2026, 1, 1, tzinfo=UTC)
    rules: list[Rule] = [
        {"field": "id", "operator": "in", "value": [id]},
        {"field": "created_at", "operator": "less", "value": time},
        {"field": "name", "operator": "is_null"},
    ]
    encoded = str(encode_filter({"condition": "OR", "rules": rules}))
    assert [rule.get("value") for rule in json.loads(encoded)["rules"]] == [
        [str(id)],
        "2026-01-01T00:00:00+00:00",
        None,
    ]


def published(count: int, columns: str, **fields: Any) -> EventsPublished:
    ids = [str(number) for number in range(count)]
    violations = [ViolationCount(column, "type", count) for column in columns]
    return EventsPublished("EVENTS", ids, count, 0, 1, ["u"], violations, **fields)


def warning(count: int) -> WarningDetail:
    return WarningDetail("reason", "message", "t", count=count)


def test_results_are_merged() -> None:
    """The result of several requests has ids in order, sums of counts, and each violation and warning once."""
    merged = merge_published(
        [
            published(2, "ab", warnings=[warning(2)], missing_timestamp_column="t"),
            published(1, "b", warnings=[warning(3)]),
        ]
    )
    assert merged.event_ids == ["0", "1", "0"]
    assert (merged.created, merged.unchanged) == (3, 2)
    assert merged.undeclared_columns == ["u"]
    assert [(one.column, one.count) for one in merged.violations] == [("a", 2), ("b", 3)]
    assert merged.warnings == [warning(5)]
    assert not merged.missing_timestamp_column
