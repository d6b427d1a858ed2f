"""Paths: those of the vendor's API are served or are a 501, and one slash at the end is ignored."""

import json
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
import structlog

from inference_events.http.contract import load_contract
from inference_events.http.unsupported import UNSUPPORTED
from tests.contract.fakes import ADMIN, ExampleOperations, OpenGate, create_example_app
from tests.contract.serving import serve
from tests.contract.wire import Headers, WireResponse, send
from tests.envelope import assert_error_envelope
from tests.vendor_calls import TEMPLATE, endpoints

ENDPOINTS = endpoints()
JSON = ("Content-Type", "application/json")


class Server:
    """Send requests with a token, and have the gate of those that keep a record."""

    def __init__(self, url: str, gate: OpenGate) -> None:
        self._url = url
        self.gate = gate

    def send(self, method: str, path: str, *headers: tuple[str, str], body: bytes = b"") -> WireResponse:
        sent: Headers = [("Authorization", f"Bearer {ADMIN}"), JSON, *headers]
        return send(self._url, method, path, sent, body)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    gate = OpenGate()
    with serve(create_example_app(tmp_path_factory.mktemp("incoming"), ExampleOperations(), gate)) as url:
        yield Server(url, gate)


def names_removed(path: str) -> str:
    return TEMPLATE.sub("{}", path)


def test_the_vendors_endpoints_are_served_or_are_a_501(server: Server) -> None:
    """Each endpoint of the vendor's API is in the contract, or a 501 that names the feature."""
    served = {(one.method, names_removed(one.path)) for one in load_contract().operations.values()}
    missing = [one for one in ENDPOINTS if (one[0], names_removed(one[1])) not in served]
    assert len(missing) > len(ENDPOINTS) / 4
    for method, path in missing:
        response = server.send(method, TEMPLATE.sub(str(uuid4()), path))
        assert response.status == 501, (method, path, response.status)
        message = assert_error_envelope(response.json(), 501)["message"]
        assert message.startswith("This server does not offer ")


def test_no_path_of_the_contract_is_unsupported() -> None:
    """The table of unsupported paths has no path that is served. One below an entry may be served."""
    assert UNSUPPORTED.keys().isdisjoint(operation.path for operation in load_contract().operations.values())


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/v3/charts/x/anything", 501),
        ("/v3/guardrails/", 501),
        ("/v3/chartsx", 404),
        ("/v3/charts-x/y", 404),
        ("/v3/models/x/y/segments", 404),
        ("/v3/session-x", 404),
        ("/v3", 404),
        ("/v2", 404),
        ("/v1/logs", 404),
        ("/x/v3/charts", 404),
    ],
)
def test_other_paths_are_not_found(server: Server, path: str, status: int) -> None:
    """A path below an unsupported one is a 501, too; any other unknown path is a 404."""
    assert_error_envelope(server.send("GET", path).json(), status)


def test_another_method_is_refused_with_the_allowed_ones(server: Server) -> None:
    """Another method on a path of the contract is a 405 with `Allow`, with and without a slash at its end."""
    for path in ("/v3/projects", "/v3/projects/"):
        response = server.send("PUT", path)
        assert_error_envelope(response.json(), 405)
        assert response.headers["allow"] == "GET, HEAD, POST"


def test_one_slash_at_the_end_means_nothing(server: Server) -> None:
    """The operation, its retry record and the log see the path without it, and there is no redirect."""
    with structlog.testing.capture_logs() as lines:
        assert server.send("POST", "/v3/projects/", body=b'{"name": "flights"}').status == 200
        assert server.send("POST", "/v3/projects", body=b'{"name": "flights"}').status == 200
    with_slash, without = server.gate.requests
    assert (with_slash.path, with_slash.body_digest) == (without.path, without.body_digest)
    assert [line["route"] for line in requests(lines)] == ["/v3/projects", "/v3/projects"]
    metrics = server.send("GET", "/metrics/").body.decode()
    assert 'inference_events_http_requests_total{kind="other",status="200"} 2.0' in metrics


def requests(lines: list[Any]) -> list[Any]:
    return [line for line in lines if line["event"] == "request"]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/v3/projects/?limit=1", 200),
        ("/v3/projects//", 404),
        ("/v3/projects///", 404),
        ("/v3/projects%2F", 404),
        ("/v3/projects/%2F", 404),
        (f"/v3/jobs/{uuid4()}/", 200),
        ("/healthz/", 200),
        ("/docs/", 200),
        ("/", 307),
        ("//", 404),
    ],
)
def test_only_one_slash_at_the_end_is_removed(server: Server, path: str, status: int) -> None:
    """Two slashes and encoded ones are another path; the root stays what it is."""
    response = server.send("GET", path)
    assert response.status == status
    if status == 404:
        assert_error_envelope(json.loads(response.body), 404)
