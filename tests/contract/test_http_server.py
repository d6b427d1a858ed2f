"""Promises of the HTTP layer to operations and to operators of the server, over fake operations."""

import asyncio
import hashlib
import io
import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import structlog

from inference_events import __version__
from inference_events.context import UploadedFile
from inference_events.errors import Conflict, ErrorDetail
from inference_events.events.store_errors import Retryable
from inference_events.http import connections
from inference_events.limits import Limits
from inference_events.logging import configure_logging
from tests.contract.fakes import ADMIN, INGEST, MANAGE, READ, ExampleOperations, OpenGate, create_example_app
from tests.contract.serving import serve
from tests.contract.wire import SECONDS, Headers, WireResponse, connect, exchange, read_response, send
from tests.envelope import assert_error_envelope

CANARY = "canary-7f3a"
ID = "5b1b1c62-5f4d-4c53-9f3e-0f6a2f0b7a11"
LIMITS = Limits(
    event_body_bytes=2_000_000,
    json_body_bytes=100_000,
    file_bytes=3_000_000,
    bodies_in_flight_bytes=2_500_000,
)
PROJECT = b'{"name": "flights"}'
JSON = ("Content-Type", "application/json")
DOWNLOAD_PATH = "/v3/analytics/download-slice-data"
DOWNLOAD = json.dumps({"model_id": ID, "env_type": "PRODUCTION", "csv": True}).encode()
FORM = ("Content-Type", "multipart/form-data; boundary=frame")


@dataclass
class Bench:
    """Hold a running server and the fakes behind it."""

    url: str
    operations: ExampleOperations
    gate: OpenGate
    incoming: Path
    log: io.BytesIO

    def send(
        self, method: str, path: str, body: bytes = b"", *headers: tuple[str, str], token: str = ADMIN
    ) -> WireResponse:
        bearer = ("Authorization", f"Bearer {token}")
        return send(self.url, method, path, [bearer, *headers], body)

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log.getvalue().splitlines()]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    log = io.BytesIO()
    configure_logging("info", log)
    operations, gate, incoming = ExampleOperations(), OpenGate(), tmp_path_factory.mktemp("incoming")
    with serve(create_example_app(incoming, operations, gate, LIMITS)) as url:
        yield Bench(url, operations, gate, incoming, log)
    structlog.reset_defaults()


@pytest.fixture
def bench(running: Bench) -> Bench:
    """Give the running server with its fakes reset."""
    for kept in (running.operations.calls, running.operations.requests, running.gate.requests):
        kept.clear()
    running.operations.overrides.clear()
    running.log.seek(0)
    running.log.truncate()
    return running


def events_body(padding: int) -> bytes:
    event = {"a": CANARY, "padding": "x" * padding}
    source = {"type": "EVENTS", "events": [event]}
    return json.dumps({"model_id": ID, "env_type": "PRODUCTION", "source": source}).encode()


def form(content: bytes) -> bytes:
    head = b'--frame\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n'
    return head + content + b"\r\n--frame--\r\n"


def eventually(is_true: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + SECONDS
    while not is_true() and time.monotonic() < deadline:
        time.sleep(0.01)
    return is_true()


def failing(error: Exception) -> Any:
    async def fail(**arguments: Any) -> Any:
        raise error

    return fail


def test_operations_get_python_values(bench: Bench) -> None:
    """Arguments have the types of the contract, with its defaults; header parameters are no arguments."""
    bench.send("GET", f"/v3/jobs/{ID.upper()}?verbose=False")
    bench.send("GET", "/v3/projects?limit=7", b"", ("X-Fiddler-Client-Version", "3.14.1"))
    assert bench.operations.calls == [
        ("get_job", {"job_id": ID, "verbose": False}),
        ("list_projects", {"limit": 7, "offset": 0}),
    ]


def test_operations_know_their_request(bench: Bench) -> None:
    """The current request has its token, key, digest and whether the client repeats it."""
    headers = [("Idempotency-Key", "k1"), ("X-Fiddler-Client-Retry", "2"), ("X-Request-ID", "r1")]
    bench.send("POST", "/v3/projects", PROJECT, *headers)
    request = bench.operations.requests[0]
    assert (request.id, request.method, request.path) == ("r1", "POST", "/v3/projects")
    assert (request.token_id, request.idempotency_key, request.is_retry) == (f"id-of-{ADMIN}", "k1", True)
    assert request.body_digest == hashlib.sha256(PROJECT).digest()


@pytest.mark.parametrize(
    ("method", "path", "body", "headers", "is_recorded"),
    [
        ("POST", "/v3/projects", PROJECT, [], True),
        ("DELETE", f"/v3/projects/{ID}", b"", [], True),
        ("PATCH", f"/v3/models/{ID}", b"{}", [], True),
        ("GET", "/v3/projects", b"", [], False),
        ("POST", "/v3/tokens", b'{"name": "a", "scopes": ["read"]}', [], False),
        ("POST", "/v3/files/upload", form(b"a"), [FORM], False),
    ],
)
def test_mutating_operations_pass_the_retry_gate(
    bench: Bench, method: str, path: str, body: bytes, headers: Headers, is_recorded: bool
) -> None:
    """The gate performs requests that change something and keep a record; other requests skip it."""
    assert bench.send(method, path, body, *headers).status < 300
    assert len(bench.gate.requests) == is_recorded


@pytest.mark.parametrize(
    ("token", "method", "path", "status"),
    [
        (READ, "GET", "/v3/projects", 200),
        (INGEST, "GET", "/v3/projects", 200),
        (READ, "POST", "/v3/projects", 403),
        (INGEST, "POST", "/v3/projects", 403),
        (MANAGE, "POST", "/v3/projects", 200),
        (INGEST, "GET", "/v3/tokens", 403),
        (ADMIN, "GET", "/v3/tokens", 200),
    ],
)
def test_scopes_are_enforced(bench: Bench, token: str, method: str, path: str, status: int) -> None:
    """One of the operation's scopes is enough, admin always is, and a refusal names the needed scope."""
    response = bench.send(method, path, PROJECT if method == "POST" else b"", token=token)
    assert response.status == status
    if status == 403:
        assert "admin" in assert_error_envelope(response.json(), 403)["message"]


def test_faults_of_operations_reach_the_client(bench: Bench) -> None:
    """An operation's own error keeps its code, reason, places and headers."""
    error = Conflict("Project already exists", [ErrorDetail("is taken", "/name", "Conflict")], {"Retry-After": "3"})
    bench.operations.overrides["create_project"] = failing(error)
    response = bench.send("POST", "/v3/projects", PROJECT)
    entries = assert_error_envelope(response.json(), 409)["errors"]
    assert entries == [{"reason": "Conflict", "message": "/name: is taken", "help": ""}]
    assert response.headers["retry-after"] == "3"


def test_crashes_show_nothing(bench: Bench) -> None:
    """An unexpected error is a 500 without details; the log names its type and lines, not its message."""
    bench.operations.overrides["publish_events"] = failing(ValueError(f"could not convert {CANARY}"))
    response = bench.send("POST", "/v3/events", events_body(0))
    assert_error_envelope(response.json(), 500)
    assert CANARY.encode() not in response.body
    crash = next(line for line in bench.lines() if line["event"] == "request_failed")
    assert crash["error"] == "ValueError"
    assert crash["request_id"] == response.headers["x-request-id"]
    assert any("inference_events.http.dispatch" in place for place in crash["trace"])


def test_a_store_that_does_not_respond_is_a_503(bench: Bench) -> None:
    """A call that the store could not do now is a 503 that says when to try again, and no failure of the server."""
    bench.operations.overrides["publish_events"] = failing(Retryable(f"PostgreSQL: {CANARY}"))
    response = bench.send("POST", "/v3/events", events_body(0))
    message = assert_error_envelope(response.json(), 503)["message"]
    assert message == "The database does not respond; try again later"
    assert int(response.headers["retry-after"]) > 0
    assert [line["level"] for line in bench.lines() if line["event"] == "store_unavailable"] == ["warning"]
    assert not any(line["event"] == "request_failed" for line in bench.lines())


def test_responses_that_break_the_contract_are_caught(bench: Bench) -> None:
    """Under test a response that the contract does not allow is a 500 and the log names the place."""

    async def wrong(**arguments: Any) -> Any:
        return {"data": {"compatible": CANARY}, "api_version": "3.0", "kind": "NORMAL"}

    bench.operations.overrides["check_version_compatibility"] = wrong
    response = bench.send("GET", "/v3/version-compatibility?client_version=3.14.1&client_name=a")
    assert_error_envelope(response.json(), 500)
    line = next(line for line in bench.lines() if line["event"] == "response_breaks_contract")
    assert line["faults"] == ["/data/compatible must be a boolean"]


@pytest.mark.parametrize(
    "send_canary",
    [
        lambda bench: bench.send("POST", "/v3/events", events_body(0)),
        lambda bench: bench.send("POST", "/v3/events", events_body(300_000)),
        lambda bench: bench.send("POST", "/v3/events", b'{"' + CANARY.encode()),
        lambda bench: bench.send("POST", "/v3/events", json.dumps({"unknown": CANARY}).encode()),
        lambda bench: bench.send("POST", "/v3/events", b"\xff" + CANARY.encode()),
        lambda bench: bench.send("POST", "/v3/projects", json.dumps({"name": CANARY}).encode()),
        lambda bench: bench.send("GET", f"/v3/projects?limit={CANARY}&{CANARY}=1"),
        lambda bench: bench.send("GET", f"/v3/jobs/{CANARY}"),
        lambda bench: bench.send("GET", f"/{CANARY}"),
        lambda bench: bench.send("GET", "/v3/projects", token=CANARY),
        lambda bench: bench.send("POST", "/v3/projects", PROJECT, ("Content-Type", CANARY)),
        lambda bench: bench.send("POST", "/v3/files/upload", form(CANARY.encode()), FORM),
        lambda bench: bench.send("POST", "/v3/files/upload", CANARY.encode(), FORM),
    ],
)
def test_payloads_are_never_shown(bench: Bench, send_canary: Callable[[Bench], WireResponse]) -> None:
    """No value that a client sends is in an error or in the log."""
    response = send_canary(bench)
    assert eventually(lambda: bool(bench.lines()))
    assert CANARY.encode() not in bench.log.getvalue()
    if response.status >= 400:
        assert CANARY.encode() not in response.body


def test_each_request_has_one_access_line(bench: Bench) -> None:
    """The line has the route's template, never the path, query or token."""
    bench.send("GET", f"/v3/jobs/{ID}?verbose=true", b"", ("X-Request-ID", "r2"))
    assert eventually(lambda: bool(bench.lines()))
    (line,) = bench.lines()
    assert line["duration_ms"] > 0
    assert {key: line[key] for key in ("event", "method", "route", "status", "request_id", "token_id")} == {
        "event": "request",
        "method": "GET",
        "route": "/v3/jobs/{job_id}",
        "status": 200,
        "request_id": "r2",
        "token_id": f"id-of-{ADMIN}",
    }


def test_metrics_count_requests(bench: Bench) -> None:
    """The metrics count by kind of request and status."""
    bench.send("GET", "/v3/server-info")
    text = bench.send("GET", "/metrics").body.decode()
    assert 'inference_events_http_requests_total{kind="other",status="200"}' in text
    assert f'inference_events_build_info{{version="{__version__}"}} 1.0' in text
    assert "inference_events_http_bodies_in_flight_bytes 0.0" in text


def test_bodies_in_flight_are_bounded(bench: Bench) -> None:
    """A body that does not fit with those in flight is refused at once, and fits when they are done."""

    async def linger(**arguments: Any) -> Any:
        await asyncio.sleep(1)
        raise Conflict("done")

    bench.operations.overrides["publish_events"] = linger
    with open_request(bench, "POST", "/v3/events", events_body(1_500_000)) as slow:
        assert eventually(lambda: bool(bench.operations.calls))
        refused = bench.send("POST", "/v3/events", events_body(1_500_000))
        assert_error_envelope(refused.json(), 503)
        assert refused.headers["retry-after"] == "1"
        assert bench.send("GET", "/v3/jobs").status == 200
        assert read_response(slow, "POST").status == 409
    assert bench.send("POST", "/v3/events", events_body(1_500_000)).status == 409


def open_request(bench: Bench, method: str, path: str, body: bytes, *headers: str, length: int = 0) -> Any:
    """Send a request, of which `length` bytes are declared, and leave its connection open."""
    lines = [
        f"{method} {path} HTTP/1.1",
        "Host: a",
        f"Authorization: Bearer {ADMIN}",
        f"Content-Length: {length or len(body)}",
        *headers,
    ]
    connection = connect(bench.url)
    connection.sendall("\r\n".join([*lines, "", ""]).encode() + body)
    return connection


def test_uploads_arrive_on_disk(bench: Bench) -> None:
    """The operation gets a complete file with its name, and a file that it does not keep is removed."""
    content = b"\r\n--fram" * 200_000
    seen: list[tuple[UploadedFile, bytes]] = []

    async def keep(file: UploadedFile) -> Any:
        seen.append((file, (bench.incoming / file.key).read_bytes()))
        raise Conflict("not kept")

    bench.operations.overrides["upload_file"] = keep
    assert bench.send("POST", "/v3/files/upload", form(content), FORM).status == 409
    file, stored = seen[0]
    assert stored == content
    assert (file.filename, file.size, file.sha256) == (
        "a.csv",
        len(content),
        hashlib.sha256(content).hexdigest(),
    )
    assert list(bench.incoming.iterdir()) == []


def test_uploads_beyond_the_limit_leave_nothing(bench: Bench) -> None:
    """A file that is too large is a 413, also when its length is not declared."""
    body = form(b"x" * 3_000_001)
    bearer = ("Authorization", f"Bearer {ADMIN}")
    response = send(bench.url, "POST", "/v3/files/upload", [bearer, FORM], body, is_chunked=True)
    assert_error_envelope(response.json(), 413)
    assert list(bench.incoming.iterdir()) == []


@pytest.mark.parametrize(
    ("path", "body", "header"),
    [
        ("/v3/files/upload", form(b"x" * 2_000_000)[:-20], ": ".join(FORM)),
        ("/v3/events", events_body(1_000_000)[:-20], "Content-Type: application/json"),
    ],
)
def test_disconnects_leave_nothing(bench: Bench, path: str, body: bytes, header: str) -> None:
    """A client that disconnects in the middle of its body leaves no file, no bytes in flight and no error."""
    connection = open_request(bench, "POST", path, body, header, length=len(body) + 20)
    if path.endswith("upload"):
        assert eventually(lambda: bool(list(bench.incoming.iterdir())))
    connection.close()
    assert eventually(lambda: any(line["event"] == "request" for line in bench.lines()))
    (line,) = bench.lines()
    assert line["status"] == 499
    assert list(bench.incoming.iterdir()) == []
    assert "bodies_in_flight_bytes 0.0" in bench.send("GET", "/metrics").body.decode()
    assert bench.operations.calls == []


def download(bench: Bench, tmp_path: Path, size: int, media_type: str = "text/csv") -> Path:
    """Let the next download be a file of `size` bytes, and return its path."""
    path = tmp_path / "file"
    path.write_bytes(bytes(range(256)) * (size // 256))

    async def give(body: Any) -> Any:
        return SimpleNamespace(filename="output.csv", path=path, media_type=media_type)

    bench.operations.overrides["download_events"] = give
    return path


def test_files_are_sent_and_removed(bench: Bench, tmp_path: Path) -> None:
    """A response that is a file arrives complete, with its size, type and name, and is removed from the disk."""
    path = download(bench, tmp_path, 5_000_192)
    content = path.read_bytes()
    response = bench.send("POST", DOWNLOAD_PATH, DOWNLOAD, JSON)
    assert response.body == content
    assert response.headers["content-type"] == "text/csv; charset=utf-8"
    assert response.headers["content-length"] == str(len(content))
    assert response.headers["content-disposition"] == 'attachment; filename="output.csv"'
    assert not path.exists()
    assert eventually(lambda: [line["status"] for line in bench.lines()] == [200])


def test_files_of_another_type_are_caught(bench: Bench, tmp_path: Path) -> None:
    """Under test a file of a type that the contract does not list is a 500, and removed as well."""
    path = download(bench, tmp_path, 256, "text/html")
    assert_error_envelope(bench.send("POST", DOWNLOAD_PATH, DOWNLOAD, JSON).json(), 500)
    assert not path.exists()


def test_a_client_that_disconnects_leaves_no_file(bench: Bench, tmp_path: Path) -> None:
    """If the client disconnects in the middle of a download, the file is closed and removed, without an error."""
    path = download(bench, tmp_path, 50_000_000)
    connection = open_request(bench, "POST", DOWNLOAD_PATH, DOWNLOAD, ": ".join(JSON), length=len(DOWNLOAD))
    assert connection.recv(1000)
    assert not path.exists()
    assert str(path) in open_files()
    connection.close()
    assert eventually(lambda: any(line["event"] == "request" for line in bench.lines()))
    assert eventually(lambda: str(path) not in open_files())
    (line,) = bench.lines()
    assert line["status"] == 499


def open_files() -> str:
    """List what the process has open, removed files too."""
    links = []
    for link in Path("/proc/self/fd").iterdir():
        with suppress(FileNotFoundError):
            links.append(str(link.readlink()))
    return "\n".join(links)


@pytest.mark.parametrize(
    ("pieces", "status"),
    [
        ([b"GET /healthz HTTP/1.1\r\nA: ", b"x" * 65_000, b"\r\n\r\n"], 200),
        ([b"GET /healthz HTTP/1.1\r\nA: ", b"x" * 66_000, b"\r\n\r\n"], 431),
        ([b"GET /healthz HTTP/1.1\r\nA: ", b"x" * 66_000], 431),
        ([b"GET /healthz?", b"x" * 66_000], 431),
        ([b"GET /healthz HTTP/1.1\r\n", b"A: x\r\n" * 20_000], 431),
        ([b"GET /healthz HTTP/9.9\r\n\r\n"], 400),
        ([b"canary-7f3a\r\n\r\n"], 400),
    ],
)
def test_heads_are_bounded(bench: Bench, pieces: list[bytes], status: int) -> None:
    """A head of more than 64 KiB, complete or not, is a 431, and one that is not HTTP a 400, in the envelope."""
    response = exchange(bench.url, "GET", pieces)
    assert response.status == status
    if status != 200:
        assert_error_envelope(response.json(), status)
        assert CANARY.encode() not in response.body


def test_a_slow_head_is_refused(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """A head that does not arrive in time is a 408, however steadily it comes; an idle connection is closed."""
    monkeypatch.setattr(connections, "MAX_HEAD_SECONDS", 0.3)
    with connect(bench.url) as idle, connect(bench.url) as slow:
        slow.sendall(b"GET /healthz HTTP/1.1\r\nA: ")
        for _ in range(4):
            time.sleep(0.05)
            slow.sendall(b"x")
        assert_error_envelope(read_response(slow, "GET").json(), 408)
        assert idle.recv(1) == b""


def test_pipelined_requests_get_responses_in_order(bench: Bench) -> None:
    """All requests that may wait on a connection get a response, even with bodies."""
    get, path = "GET /v3/jobs HTTP/1.1", "POST /v3/projects HTTP/1.1"
    authorization = f"Host: a\r\nAuthorization: Bearer {ADMIN}\r\n"
    post = f"{path}\r\n{authorization}Content-Length: {len(PROJECT)}\r\n\r\n{PROJECT.decode()}"
    pair = f"{get}\r\n{authorization}\r\n{post}".encode()
    with connect(bench.url) as connection:
        connection.sendall(pair * (connections.MAX_WAITING_REQUESTS // 2))
        received = b""
        while received.count(b"HTTP/1.1 200") < connections.MAX_WAITING_REQUESTS:
            received += connection.recv(65536)
    assert [call[0] for call in bench.operations.calls] == ["list_jobs", "create_project"] * 16


def test_too_many_pipelined_requests_end_the_connection(bench: Bench) -> None:
    """A client that sends hundreds of requests at once is cut off, and others are served."""
    with connect(bench.url) as connection, suppress(ConnectionError):
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n" * 1000)
        received = b"".join(iter(lambda: connection.recv(65536), b""))
        assert received.count(b"HTTP/1.1 200") < 1000
    assert bench.send("GET", "/v3/jobs").status == 200


def test_a_request_that_a_stop_cuts_short_gets_the_envelope(tmp_path: Path) -> None:
    """A request that is not finished at the end of the server's grace period gets the envelope, too."""
    operations = ExampleOperations()

    async def linger(**arguments: Any) -> Any:
        await asyncio.sleep(SECONDS)

    operations.overrides["list_jobs"] = linger
    head = f"GET /v3/jobs HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {ADMIN}\r\n\r\n"
    with ExitStack() as stack:
        with serve(create_example_app(tmp_path, operations, OpenGate()), grace_seconds=0) as url:
            connection = stack.enter_context(connect(url))
            connection.sendall(head.encode())
            assert eventually(lambda: bool(operations.calls))
        response = read_response(connection, "GET")
    assert_error_envelope(response.json(), 500)
    assert response.headers["x-request-id"]


def test_docs_are_offline(bench: Bench) -> None:
    """The pages name no other host, and the spec is the file itself."""
    page = bench.send("GET", "/docs")
    assert b"//" not in page.body.replace(b"<!DOCTYPE html>", b"")
    for name in re.findall(r'"(/docs/[^"]+)"', page.body.decode()):
        asset = bench.send("GET", name)
        assert asset.status == 200
        assert "default-src 'none'" in asset.headers["content-security-policy"]
        assert b"sourceMappingURL=http" not in asset.body
    spec = bench.send("GET", "/openapi.yaml")
    assert spec.headers["content-type"] == "application/yaml"
    assert spec.body.startswith(b"openapi: 3.0")
