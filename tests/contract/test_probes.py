"""Odd and broken requests on a real socket: each gets its status, and each failure the envelope."""

import gzip
import json
import zlib
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
import zstandard

from tests.contract.wire import Headers, WireResponse, exchange, exchange_all, send
from tests.envelope import assert_error_envelope

MIB = 1024 * 1024
ID = "5b1b1c62-5f4d-4c53-9f3e-0f6a2f0b7a11"
JSON: Headers = [("Content-Type", "application/json")]
FORM: Headers = [("Content-Type", "multipart/form-data; boundary=frame")]
UPGRADE: Headers = [("Connection", "Upgrade"), ("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13")]
JOB = f"/v3/jobs/{ID}"


@dataclass(frozen=True)
class Probe:
    """Describe one request and its allowed statuses."""

    name: str
    status: int | tuple[int, ...]
    method: str
    path: str
    headers: Headers = ()
    body: bytes = b""
    is_chunked: bool = False
    has_token: bool = True

    @property
    def statuses(self) -> tuple[int, ...]:
        return self.status if isinstance(self.status, tuple) else (self.status,)


def get(name: str, status: int | tuple[int, ...], path: str, **more: Any) -> Probe:
    return Probe(name, status, "GET", path, **more)


def create(
    name: str, status: int, body: bytes, headers: Headers = JSON, is_chunked: bool = False, query: str = ""
) -> Probe:
    """Probe how a JSON body arrives, through an operation that needs nothing to exist."""
    return Probe(name, status, "POST", f"/v3/projects{query}", headers, body, is_chunked)


def publish(name: str, body: Any) -> Probe:
    return Probe(name, 400, "POST", "/v3/events", JSON, json.dumps(body).encode())


def upload(name: str, status: int, body: bytes, headers: Headers = FORM, is_chunked: bool = False) -> Probe:
    return Probe(name, status, "POST", "/v3/files/upload", headers, body, is_chunked)


def project() -> bytes:
    """Make a body that creates a project which does not exist."""
    return json.dumps({"name": f"p_{uuid4().hex[:20]}"}).encode()


def events(**changes: Any) -> dict[str, Any]:
    """Make a publish request with some fields changed."""
    source = {"type": "EVENTS", "events": [{"a": 1}]}
    return {"model_id": ID, "env_type": "PRODUCTION", "source": source} | changes


def part(name: str = "file", filename: str | None = "rows.csv", content: bytes = b"a,b\n1,2\n") -> bytes:
    """Make one part of a form whose boundary is `frame`."""
    suffix = "" if filename is None else f'; filename="{filename}"'
    head = f'--frame\r\nContent-Disposition: form-data; name="{name}"{suffix}\r\n\r\n'
    return head.encode() + content + b"\r\n"


def encoded(encoding: str) -> Headers:
    return [*JSON, ("Content-Encoding", encoding)]


def typed(content_type: str) -> Headers:
    return [("Content-Type", content_type)]


END = b"--frame--\r\n"
ZEROS = b" " * (9 * MIB)
LONG_DIGITS = "9" * 5000

TOKEN_PROBES = [
    get("no token", 401, "/v3/projects", has_token=False),
    get("another scheme", 401, "/v3/projects", has_token=False, headers=[("Authorization", "Basic YTpi")]),
    get("unknown token", 401, "/v3/projects", has_token=False, headers=[("Authorization", "Bearer nobody")]),
    get("empty token", 401, "/v3/projects", has_token=False, headers=[("Authorization", "Bearer")]),
    get("two tokens", 401, "/v3/projects", headers=[("Authorization", "Bearer nobody")]),
    Probe("token before body", 401, "POST", "/v3/projects", JSON, b"{", has_token=False),
    Probe("token before size", 401, "POST", "/v3/projects", JSON, ZEROS, has_token=False),
    get("liveness", 200, "/healthz", has_token=False),
    get("readiness", 200, "/readyz", has_token=False),
    get("metrics", 200, "/metrics", has_token=False),
    get("spec", 200, "/openapi.yaml", has_token=False),
    get("docs", 200, "/docs", has_token=False),
    get("docs asset", 200, "/docs/swagger-ui-bundle.js", has_token=False),
    get("unknown docs asset", 404, "/docs/index.html", has_token=False),
]

PATH_PROBES = [
    get("unknown path", 404, "/v3/nothing"),
    get("unknown path, no token", 404, "/nothing", has_token=False),
    get("trailing slash", 200, "/v3/projects/"),
    get("two trailing slashes", 404, "/v3/projects//"),
    Probe("trailing slash of a POST", 400, "POST", "/v3/events/", JSON, b"{}"),
    get("path of the vendor's that is not here", 501, "/v3/charts"),
    Probe("model part that is not here", 501, "PUT", f"/v3/models/{ID}/deploy-artifact", JSON, b"{}"),
    get("double slash", 404, "//v3/projects"),
    get("encoded slash", 404, "/v3/jobs/a%2Fb"),
    get("method of another operation", 405, "/v3/events"),
    Probe("PUT", 405, "PUT", "/v3/projects", JSON, b"{}"),
    Probe("OPTIONS", 405, "OPTIONS", "/v3/events"),
    Probe("POST to metrics", 405, "POST", "/metrics"),
    Probe("HEAD of a GET", 200, "HEAD", "/v3/projects"),
    get("upgrade to a web socket", 200, "/healthz", headers=UPGRADE),
    Probe("HEAD of metrics", 200, "HEAD", "/metrics"),
    get("id that is no UUID", 400, "/v3/jobs/abc"),
    get("id without hyphens", 400, f"/v3/jobs/{ID.replace('-', '')}"),
    get("id in capitals", (200, 404), f"/v3/jobs/{ID.upper()}"),
    get("id that is not UTF-8", 400, "/v3/jobs/%ff"),
]

QUERY_PROBES = [
    get("boolean", (200, 404), f"{JOB}?verbose=true"),
    get("boolean of the vendor's client", (200, 404), f"{JOB}?verbose=False"),
    get("boolean that is none", 400, f"{JOB}?verbose=maybe"),
    get("unknown parameter", 400, "/v3/projects?limits=5"),
    get("unknown parameter where none is known", 400, "/v3/server-info?a=1"),
    create("unknown parameter of a POST", 400, project(), query="?dry_run=true"),
    get("parameter given twice", 400, "/v3/projects?limit=5&limit=6"),
    get("integer that is text", 400, "/v3/projects?limit=abc"),
    get("integer that is empty", 400, "/v3/projects?limit="),
    get("integer with a fraction", 400, "/v3/projects?limit=1.5"),
    get("integer too small", 400, "/v3/projects?limit=0"),
    get("integer too large", 400, "/v3/projects?limit=1001"),
    get("integer of 5000 digits", 400, f"/v3/projects?offset={LONG_DIGITS}"),
    get("negative offset", 400, "/v3/projects?offset=-1"),
    get("query of the vendor's list", 200, "/v3/projects?limit=50&offset=0"),
    get("query UUID", 400, "/v3/models?project_id=abc"),
    get("query that is not UTF-8", 400, "/v3/projects?limit=%ff"),
    get("query of 200 parameters", 400, "/v3/projects?" + "&".join(["limit=1"] * 200)),
    get("client version that is none", 400, "/v3/version-compatibility?client_version=x&client_name=a"),
]

HEADER_PROBES = [
    create("empty Idempotency-Key", 400, project(), [*JSON, ("Idempotency-Key", "")]),
    create("long Idempotency-Key", 400, project(), [*JSON, ("Idempotency-Key", "k" * 256)]),
    create("two Idempotency-Keys", 400, project(), [*JSON, ("Idempotency-Key", "a"), ("Idempotency-Key", "b")]),
    create("Idempotency-Key", 200, project(), [*JSON, ("Idempotency-Key", uuid4().hex)]),
    create("no Content-Type", 200, project(), []),
    create("Content-Type in capitals", 200, project(), typed("APPLICATION/JSON")),
    create("charset", 200, project(), typed("application/json; charset=UTF-8")),
    create("quoted charset", 200, project(), typed('application/json;charset="utf-8"')),
    create("unknown charset", 415, project(), typed("application/json;charset=bogus")),
    create("unknown charset after a space", 415, project(), typed("application/json; charset=bogus")),
    create("charset that is not UTF-8", 415, project(), typed("application/json; charset=latin-1")),
    create("text", 415, project(), typed("text/plain")),
    create("form for JSON", 415, project(), typed("application/x-www-form-urlencoded")),
    create("Content-Type that is none", 415, project(), typed(";;")),
    create("two Content-Types", 400, project(), [*JSON, *JSON]),
]

BODY_PROBES = [
    create("JSON", 200, project()),
    create("chunked", 200, project(), is_chunked=True),
    create("no body", 400, b""),
    create("empty chunked body", 400, b"", is_chunked=True),
    create("broken JSON", 400, b'{"name":'),
    create("text after JSON", 400, project() + b"x"),
    create("byte order mark", 400, b"\xef\xbb\xbf" + project()),
    create("not UTF-8", 400, b'{"name": "\xff\xfe"}'),
    create("UTF-16", 400, '{"name": "abc"}'.encode("utf-16")),
    create("half a surrogate pair", 400, b'{"name": "\\ud800"}'),
    create("NaN", 400, b'{"name": NaN}'),
    create("infinity", 400, b'{"name": Infinity}'),
    create("number too large", 400, b'{"name": 1e999}'),
    create("deep nesting", 400, b"[" * 100_000),
    create("null", 400, b"null"),
    create("array", 400, b"[]"),
    create("string", 400, b'"name"'),
    create("missing field", 400, b"{}"),
    create("unknown field", 400, b'{"name": "abc", "extra": 1}'),
    create("wrong type", 400, b'{"name": 5}'),
    create("name that breaks the pattern", 400, b'{"name": "ABC"}'),
    publish("id of no UUID", events(model_id="abc")),
    publish("unknown environment type", events(env_type="STAGING")),
    publish("source of no known type", events(source={"type": "NOPE"})),
    publish("source without type", events(source={"events": []})),
    publish("fields of the other source", events(source={"type": "FILE", "events": []})),
    publish("event that is no object", events(source={"type": "EVENTS", "events": [{}, 1]})),
    publish("too many events", events(source={"type": "EVENTS", "events": [{}] * 1001})),
    Probe("DELETE without a body", 400, "DELETE", "/v3/events"),
    Probe("DELETE with a broken body", 400, "DELETE", "/v3/events", JSON, b'{"model_id": "x"}', is_chunked=True),
]

SIZE_PROBES = [
    create("gzip", 200, gzip.compress(project()), encoded("gzip")),
    create("zstd", 200, zstandard.compress(project()), encoded("zstd")),
    create("identity", 200, project(), encoded("identity")),
    create("chunked gzip", 200, gzip.compress(project()), encoded("gzip"), is_chunked=True),
    create("gzip in capitals", 200, gzip.compress(project()), encoded("GZIP")),
    create("gzip that is none", 400, project(), encoded("gzip")),
    create("zstd that is none", 400, project(), encoded("zstd")),
    create("gzip cut short", 400, gzip.compress(project())[:-4], encoded("gzip")),
    create("zstd cut short", 400, zstandard.compress(project())[:-2], encoded("zstd")),
    create("gzip with more behind", 400, gzip.compress(project()) + b"more", encoded("gzip")),
    create("deflate", 415, zlib.compress(project()), encoded("deflate")),
    create("brotli", 415, project(), encoded("br")),
    create("gzip twice", 415, gzip.compress(gzip.compress(project())), encoded("gzip, gzip")),
    create("gzip bomb", 413, gzip.compress(ZEROS), encoded("gzip")),
    create("zstd bomb", 413, zstandard.compress(ZEROS), encoded("zstd")),
    create("declared too large", 413, b"", [*JSON, ("Content-Length", str(9 * MIB))]),
    create("sent too large", 413, ZEROS),
    create("chunked too large", 413, ZEROS, is_chunked=True),
    Probe("events too large", 413, "POST", "/v3/events", [*JSON, ("Content-Length", str(129 * MIB))]),
]

UPLOAD_PROBES = [
    upload("form", 200, part() + END),
    upload("chunked form", 200, part() + END, is_chunked=True),
    upload("path as a filename", 200, part(filename="../../rows.csv") + END),
    upload("empty file", 200, part(content=b"") + END),
    upload("boundary in the file", 200, part(content=b"\r\n--fram\r\n--frame_not\r\n") + END),
    upload("form cut short", 400, part()),
    upload("nothing", 400, b""),
    upload("garbage", 400, b"garbage"),
    upload("end without a part", 400, END),
    upload("no boundary", 400, part() + END, typed("multipart/form-data")),
    upload("long boundary", 400, part() + END, typed(f"multipart/form-data; boundary={'b' * 300}")),
    upload("another name", 400, part(name="data") + END),
    upload("no filename", 400, part(filename=None) + END),
    upload("empty filename", 400, part(filename="") + END),
    upload("filename of 2000 characters", 400, part(filename="a" * 2000) + END),
    upload("two files", 400, part() + part() + END),
    upload("a field before the file", 400, part(name="note", filename=None) + part() + END),
    upload("part without headers", 400, b"--frame\r\n\r\nabc\r\n" + END),
    upload("JSON for a form", 415, b"{}", JSON),
    upload("no Content-Type", 415, part() + END, []),
    upload("compressed form", 415, gzip.compress(part() + END), [*FORM, ("Content-Encoding", "gzip")]),
    upload("declared too large", 413, b"", [*FORM, ("Content-Length", str(11 * 1024 * MIB))]),
]

PROBES = [
    *TOKEN_PROBES,
    *PATH_PROBES,
    *QUERY_PROBES,
    *HEADER_PROBES,
    *BODY_PROBES,
    *SIZE_PROBES,
    *UPLOAD_PROBES,
]


def ask(server_url: str, token: str, probe: Probe) -> WireResponse:
    bearer = [("Authorization", f"Bearer {token}")] if probe.has_token else []
    return send(server_url, probe.method, probe.path, [*bearer, *probe.headers], probe.body, probe.is_chunked)


@pytest.mark.parametrize("probe", PROBES, ids=lambda probe: probe.name)
def test_probe(server_url: str, token: str, probe: Probe) -> None:
    """Every request gets its documented status, an id, and for a failure the envelope as JSON."""
    response = ask(server_url, token, probe)
    assert response.status in probe.statuses, response.body
    assert response.headers["x-request-id"]
    if response.status >= 400:
        assert response.headers["content-type"] == "application/json"
        assert_error_envelope(response.json(), response.status)


def test_a_refused_token_gets_the_scheme(server_url: str) -> None:
    """A 401 names the scheme."""
    response = send(server_url, "GET", "/v3/projects")
    assert response.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("GET", "/v3/events", "DELETE, PATCH, POST"),
        ("HEAD", "/v3/events", "DELETE, PATCH, POST"),
        ("PUT", "/v3/projects", "GET, HEAD, POST"),
        ("POST", JOB, "GET, HEAD"),
        ("POST", "/metrics", "GET, HEAD"),
    ],
)
def test_wrong_methods_get_the_allowed_ones(server_url: str, method: str, path: str, allow: str) -> None:
    """A 405 lists every method of the path, sorted."""
    response = send(server_url, method, path)
    assert (response.status, response.headers["allow"]) == (405, allow)


def test_faults_name_their_places(server_url: str, token: str) -> None:
    """A refused body gets one entry for each fault, with the pointer to it and without its value."""
    body = events(model_id="canary", source={"type": "EVENTS", "events": [{}, "canary"]})
    response = ask(server_url, token, publish("faults", body))
    messages = [entry["message"] for entry in assert_error_envelope(response.json(), 400)["errors"]]
    assert messages == ["/model_id: must be a UUID", "/source/events/1: must be an object"]
    assert b"canary" not in response.body


def test_faults_are_capped(server_url: str, token: str) -> None:
    """A thousand faults give a response of bounded length."""
    body = events(source={"type": "EVENTS", "events": [1] * 1000})
    response = ask(server_url, token, publish("many faults", body))
    assert len(assert_error_envelope(response.json(), 400)["errors"]) == 50


def test_request_ids_are_echoed(server_url: str) -> None:
    """A valid id of the client is returned; an invalid one is replaced."""
    assert send(server_url, "GET", "/healthz", [("X-Request-ID", "a-1")]).headers["x-request-id"] == "a-1"
    odd = 'a" b'
    assert send(server_url, "GET", "/healthz", [("X-Request-ID", odd)]).headers["x-request-id"] != odd


@pytest.mark.parametrize(
    "ending", [b"\n", b"\r", b"\x00", b"\x0b", b"\r\n\r\n", b"%0d%0a", b"\xe5\x98\x8a\xe5\x98\x8d"]
)
@pytest.mark.parametrize("name", [b"X-Request-ID", b"Idempotency-Key"])
def test_headers_cannot_inject_others_into_the_response(
    server_url: str, token: str, name: bytes, ending: bytes
) -> None:
    """Line ends in a header, or text that looks like them, are refused or not echoed."""
    lines = [b"GET /v3/projects HTTP/1.1", b"Host: a", b"Connection: close", f"Authorization: Bearer {token}".encode()]
    request = b"\r\n".join([*lines, name + b": a" + ending + b"X-Injected: 1", b"", b""])
    response = exchange_all(server_url, [request])
    assert response.startswith((b"HTTP/1.1 200 ", b"HTTP/1.1 400 "))
    assert b"injected" not in response.lower()


def test_a_refused_body_leaves_the_connection_usable(server_url: str, token: str) -> None:
    """After a 413 the rest of the body is drained and the next request on the connection is served."""
    head = f"POST /v3/projects HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {token}\r\n"
    first = f"{head}Content-Length: {len(ZEROS)}\r\n\r\n"
    second = b"GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    responses = exchange_all(server_url, [first.encode(), ZEROS, second])
    assert responses.count(b"HTTP/1.1 413") == 1
    assert responses.count(b"HTTP/1.1 200") == 1


HEAD = b"POST /v3/projects HTTP/1.1\r\nHost: a\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    "pieces",
    [
        [b"FOO /healthz HTTP/1.1\r\nHost: a\r\n\r\n"],
        [b"GET /health z HTTP/1.1\r\nHost: a\r\n\r\n"],
        [b"\x16\x03\x01 TLS\r\nHost: a\r\n\r\n"],
        [b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
        [b"CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n"],
        [b"GET  HTTP/1.1\r\nHost: a\r\n\r\n"],
        [b"GET ?a HTTP/1.1\r\nHost: a\r\n\r\n"],
        [b"GET /\xff HTTP/1.1\r\nHost: a\r\n\r\n"],
        [b"GET http://a HTTP/1.1\r\nHost: a\r\n\r\n"],
        [b"GET http://a:99999/ HTTP/1.1\r\nHost: a\r\n\r\n"],
        [b"GET /healthz HTTP/1.1\r\nHost: a\r\nA b: c\r\n\r\n"],
        [b"GET /healthz HTTP/1.1\r\nHost: a\r\nA: b\r\n c\r\n\r\n"],
        [HEAD + b"Content-Length: -3\r\n\r\nabc"],
        [HEAD + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\nabc"],
        [HEAD + b"Content-Length: 3\r\n" + CHUNKED],
        [HEAD + b"Transfer-Encoding: gzip\r\n\r\nabc"],
        [HEAD + b"Authorization: Bearer %s\r\n" + CHUNKED, b"zz\r\nabc\r\n"],
        [HEAD + b"Authorization: Bearer %s\r\n" + CHUNKED + b"zz\r\nabc\r\n"],
        [HEAD + b"Authorization: Bearer %s\r\n" + CHUNKED, b"3\r\nabcdef\r\n"],
    ],
)
def test_bytes_that_are_not_http_are_refused(server_url: str, token: str, pieces: list[bytes]) -> None:
    """Bytes that are no HTTP request, in the head or in the body, get a 400 with the envelope."""
    response = exchange(server_url, "GET", [piece.replace(b"%s", token.encode()) for piece in pieces])
    assert response.headers["content-type"] == "application/json"
    assert_error_envelope(response.json(), 400)


@pytest.mark.parametrize("protocol", ["h2c", "websocket"])
@pytest.mark.parametrize("cut", [30, 100, 10_000])
def test_a_request_to_upgrade_is_served_as_it_is(server_url: str, token: str, protocol: str, cut: int) -> None:
    """A client that asks for another protocol gets its response, with its body read, and so does its next request."""
    body = project()
    lines = [
        "POST /v3/projects HTTP/1.1",
        "Host: a",
        "Connection: Upgrade, HTTP2-Settings",
        f"Upgrade: {protocol}",
        "HTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA",
        f"Authorization: Bearer {token}",
        f"Content-Length: {len(body)}",
    ]
    first = "\r\n".join([*lines, "", ""]).encode() + body
    last = b"GET /v3/nothing HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, close\r\nUpgrade: h2c\r\n\r\n"
    sent = first + last
    responses = exchange_all(server_url, [sent[:cut], sent[cut:]])
    assert responses.count(b"HTTP/1.1 200") == 1
    assert responses.count(b"HTTP/1.1 404") == 1
