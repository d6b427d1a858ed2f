"""Who may do what: every operation of `openapi.yaml` is tried with every kind of token there can be."""

import io
import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
import yaml
from pydantic import SecretStr

from inference_events.app import create_app
from inference_events.log import configure_logging
from inference_events.settings import Settings
from tests.contract.serving import serve
from tests.envelope import assert_error_envelope

SPEC = yaml.load(
    (Path(__file__).parents[2] / "openapi.yaml").read_bytes(), getattr(yaml, "CSafeLoader", yaml.SafeLoader)
)
METHODS = ("get", "put", "post", "patch", "delete")
SCOPES = ("read", "ingest", "admin")
PRESET = "admin-token-of-the-access-tests"
SECONDS = 30
CSV = b"id,number\nrow,1\n"

Headers = Mapping[bytes, bytes]


@dataclass(frozen=True)
class Operation:
    """Hold what the contract says of an operation. `scopes` is None where no token is needed."""

    id: str
    method: str
    path: str
    scopes: frozenset[str] | None

    @property
    def opening(self) -> list[str]:
        """List the scopes that open it, the least first."""
        return [scope for scope in SCOPES if scope in (self.scopes or ()) or scope == "admin"]


def read_operations() -> Iterator[Operation]:
    for path, item in SPEC["paths"].items():
        for method in METHODS:
            if method in item:
                described = item[method]
                needs_token = described.get("security", SPEC["security"]) != []
                scopes = frozenset(described["x-scopes"]) if needs_token else None
                yield Operation(described["operationId"], method.upper(), path, scopes)


OPERATIONS = list(read_operations())
SECURED = [operation for operation in OPERATIONS if operation.scopes is not None]


class Access:
    """Talk to a server with any token, and look at what it keeps."""

    def __init__(self, url: str, data_dir: Path, log: io.BytesIO) -> None:
        self.client = httpx.Client(base_url=url, timeout=SECONDS)
        self.data_dir = data_dir
        self.log = log
        self.secrets = [PRESET]

    def send(self, method: str, path: str, secret: str = PRESET, **request: Any) -> httpx.Response:
        return self.client.request(method, path, headers={"Authorization": f"Bearer {secret}"}, **request)

    def call(self, method: str, path: str, **request: Any) -> Any:
        """Return the `data` of what the admin's request must get."""
        answer = self.send(method, path, **request)
        assert answer.status_code == 200, answer.text
        return answer.json()["data"]

    def token(self, *scopes: str, **more: Any) -> tuple[str, str]:
        """Create a token and return its id and its secret."""
        return self.keep(self.call("POST", "/v3/tokens", json={"name": "tried", "scopes": scopes, **more}))

    def rotate(self, token_id: str, overlap_seconds: int) -> tuple[str, str]:
        path = f"/v3/tokens/{token_id}/rotate"
        return self.keep(self.call("POST", path, json={"overlap_seconds": overlap_seconds}))

    def keep(self, created: Mapping[str, Any]) -> tuple[str, str]:
        self.secrets.append(created["token"])
        return created["id"], created["token"]

    def listed(self, token_id: str) -> Any:
        (token,) = [one for one in self.call("GET", "/v3/tokens?limit=1000")["items"] if one["id"] == token_id]
        return token

    def is_known(self, secret: str) -> bool:
        status = self.send("GET", "/v3/projects", secret).status_code
        assert status in (200, 401)
        return status == 200

    def settle(self) -> None:
        """Wait until no job is open."""
        deadline = time.monotonic() + SECONDS
        while any(one["status"] in ("PENDING", "STARTED") for one in self.call("GET", "/v3/jobs?limit=1000")["items"]):
            assert time.monotonic() < deadline, "a job does not end"
            time.sleep(0.01)

    def kept(self, model_id: str) -> dict[str, Any]:
        """Return all that is kept but when tokens were used: the catalog, the files, and the events of a model."""
        tables: dict[str, Any] = {}
        with closing(sqlite3.connect(f"file:{self.data_dir / 'catalog.sqlite'}?mode=ro", uri=True)) as catalog:
            for (name,) in catalog.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
                rows = catalog.execute(f'SELECT * FROM "{name}" ORDER BY rowid')
                columns = [column[0] for column in rows.description]
                tables[name] = [
                    {key: value for key, value in zip(columns, row, strict=True) if key != "last_used_at"}
                    for row in rows
                ]
        tables["on disk"] = sorted(
            (str(path), path.read_bytes())
            for room in ("files", "parts", "incoming", "outgoing")
            for path in (self.data_dir / room).rglob("*")
            if path.is_file()
        )
        body = {"model_id": model_id, "env_type": "PRODUCTION"}
        tables["events"] = self.call("POST", "/v3/events/query", json=body)["items"]
        return tables


@dataclass(frozen=True)
class Landscape:
    """Hold something for each operation to work on: `ids` by their names in paths, and requests by operation."""

    ids: Mapping[str, str]
    requests: Mapping[str, Mapping[str, Any]]

    def send(self, access: Access, operation: Operation, headers: Headers) -> httpx.Response:
        """Send a request that succeeds with a fitting token."""
        path = operation.path.format_map(self.ids)
        return access.client.request(operation.method, path, headers=headers, **self.requests.get(operation.id, {}))


def prepare(access: Access) -> Landscape:
    """Make one of everything."""
    mark = uuid4().hex[:12]
    project_id = access.call("POST", "/v3/projects", json={"name": f"p{mark}"})["id"]
    columns = [{"name": "id", "data_type": "str"}, {"name": "number", "data_type": "int"}]
    model = {"name": "model", "project_id": project_id, "schema": {"columns": columns}, "spec": {"inputs": ["number"]}}
    model_id = access.call("POST", "/v3/models", json=model | {"event_id_col": "id"})["id"]
    file_id = access.call("POST", "/v3/files/upload", files={"file": ("rows.csv", CSV)})["id"]
    other_file_id = access.call("POST", "/v3/files/upload", files={"file": ("rows.csv", CSV)})["id"]
    begun_id = access.call("POST", "/v3/files/multipart-init", json={"filename": "rows.csv"})["id"]
    numbered = {"file_id": (None, begun_id), "part_number": (None, "1")}
    part = access.call("POST", "/v3/files/multipart-upload", files={**numbered, "file": ("part", CSV)})
    dataset = {"model_id": model_id, "env_type": "PRE_PRODUCTION", "env_name": "training"}
    rows = {"type": "FILE", "file_id": file_id}
    job_id = access.call("POST", "/v3/events", json={**dataset, "source": rows})["job"]["id"]
    production = {"model_id": model_id, "env_type": "PRODUCTION"}
    access.call("POST", "/v3/events", json={**production, "source": events(id="kept", number=1)})
    window = {"type": "STATIC", "start_time": 0, "end_time": 1}
    baseline = {**production, **window, "name": "fixed"}
    baseline_id = access.call("POST", "/v3/baselines", json=baseline)["id"]
    access.settle()
    (environment,) = [
        one for one in access.call("GET", f"/v3/models/{model_id}/environments")["items"] if one["name"] == "training"
    ]
    ids = {
        "project_id": project_id,
        "model_id": model_id,
        "job_id": job_id,
        "environment_id": environment["id"],
        "file_id": other_file_id,
        "baseline_id": baseline_id,
        "token_id": access.token("read")[0],
    }
    bodies: dict[str, dict[str, Any]] = {
        "publish_events": {**production, "source": events(id="new", number=2)},
        "update_events": {**production, "source": events(id="kept", number=3)},
        "delete_events": {"model_id": model_id, "event_ids": ["kept"]},
        "read_events": production,
        "download_events": {**production, "csv": True},
        "begin_multipart_upload": {"filename": "more.csv"},
        "complete_multipart_upload": {"file_id": begun_id, "parts": [{"number": 1, "id": part["part_id"]}]},
        "generate_model": {"file_id": file_id},
        "create_project": {"name": f"q{mark}"},
        "create_model": model | {"name": "another"},
        "update_model": {"description": "changed"},
        "create_baseline": baseline | {"name": "another"},
        "create_token": {"name": "another", "scopes": ["admin"]},
        "rotate_token": {"overlap_seconds": 0},
    }
    requests: dict[str, dict[str, Any]] = {name: {"json": body} for name, body in bodies.items()}
    requests["upload_file"] = {"files": {"file": ("more.csv", CSV)}}
    requests["upload_part"] = {"files": {**numbered, "file": ("part", CSV + b"more,2\n")}}
    requests["check_version_compatibility"] = {"params": {"client_version": "3.14.1", "client_name": "python-sdk"}}
    return Landscape(ids, requests)


def events(**event: Any) -> dict[str, Any]:
    return {"type": "EVENTS", "events": [event]}


@pytest.fixture(scope="module")
def access(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Access]:
    """Serve an empty data directory, with everything logged that can be."""
    log = io.BytesIO()
    configure_logging("debug", log)
    data_dir = tmp_path_factory.mktemp("data")
    settings = Settings(data_dir=data_dir, admin_token=SecretStr(PRESET), log_level="debug")
    with serve(create_app(settings, validate_responses=True)) as url:
        served = Access(url, data_dir, log)
        yield served
        served.client.close()
    configure_logging("error")


@pytest.fixture(scope="module")
def tokens(access: Access) -> Mapping[str, str]:
    """Give the secret of a token of each single scope."""
    return {scope: access.token(scope)[1] for scope in SCOPES}


@pytest.fixture(scope="module")
def refused(access: Access, tokens: Mapping[str, str]) -> Mapping[str, Headers]:
    """Give headers that must open nothing, although most hold the secret of an admin token."""
    expires_at = datetime.now(UTC) + timedelta(seconds=0.5)
    _, expired = access.token("admin", expires_at=expires_at.isoformat())
    assert access.is_known(expired)
    revoked_id, revoked = access.token("admin")
    assert access.is_known(revoked)
    access.call("DELETE", f"/v3/tokens/{revoked_id}")
    replaced_id, replaced = access.token("admin")
    access.rotate(replaced_id, overlap_seconds=0)
    time.sleep(max(0.0, (expires_at - datetime.now(UTC)).total_seconds()))
    good = tokens["admin"]
    values = {
        "no secret": "Bearer",
        "no scheme": good,
        "another scheme": f"Basic {good}",
        "a comma": f"Bearer,{good}",
        "quotes": f'Bearer "{good}"',
        "two secrets": f"Bearer {good} {good}",
        "a list": f"Bearer {good}, Bearer {good}",
        "not ASCII": f"Bearer {good}\xff",
        "unknown": "Bearer ie_unknown",
        "nearly right": f"Bearer {good[:-1]}{'a' if good[-1] != 'a' else 'b'}",
        "in capitals": f"Bearer {good.upper()}",
        "the hash": f"Bearer {sha256(good.encode()).hexdigest()}",
        "the id": f"Bearer {replaced_id}",
        "very long": f"Bearer {'a' * 30_000}",
        "expired": f"Bearer {expired}",
        "revoked": f"Bearer {revoked}",
        "replaced": f"Bearer {replaced}",
    }
    others: dict[str, Headers] = {"nothing": {}, "a cookie": {b"Cookie": f"token={good}".encode()}}
    return others | {name: {b"Authorization": value.encode("latin-1")} for name, value in values.items()}


@pytest.fixture(scope="module")
def landscape(access: Access) -> Landscape:
    """Give what the refused requests are aimed at."""
    return prepare(access)


def test_only_the_health_checks_are_open() -> None:
    """Every other operation of the contract names at least one scope, of those there are."""
    assert {one.id for one in OPERATIONS if one.scopes is None} == {"check_liveness", "check_readiness"}
    assert set(SPEC["components"]["schemas"]["TokenScope"]["enum"]) == set(SCOPES)
    assert all(one.scopes and one.scopes <= set(SCOPES) for one in SECURED)


@pytest.mark.parametrize("operation", SECURED, ids=lambda operation: operation.id)
def test_nothing_opens_without_a_valid_token(
    access: Access, landscape: Landscape, refused: Mapping[str, Headers], operation: Operation
) -> None:
    """Without a token that is valid now, each operation is a 401 that names the scheme, and changes nothing."""
    before = access.kept(landscape.ids["model_id"])
    for name, headers in refused.items():
        answer = landscape.send(access, operation, headers)
        assert answer.status_code == 401, name
        assert answer.headers["www-authenticate"].startswith("Bearer"), name
        assert_error_envelope(answer.json(), 401)
        if operation.method == "GET":
            head = access.client.head(answer.request.url, headers=headers)
            assert (head.status_code, head.content) == (401, b""), name
    assert access.kept(landscape.ids["model_id"]) == before


@pytest.mark.parametrize("operation", SECURED, ids=lambda operation: operation.id)
def test_exactly_its_scopes_open_an_operation(access: Access, tokens: Mapping[str, str], operation: Operation) -> None:
    """A token of another scope is a 403 that changes nothing; one of the named scopes, or of admin, gets past it."""
    landscape = prepare(access)
    before = access.kept(landscape.ids["model_id"])
    for scope in set(SCOPES) - set(operation.opening):
        answer = landscape.send(access, operation, bearer(tokens[scope]))
        assert answer.status_code == 403, scope
        message = assert_error_envelope(answer.json(), 403)["message"]
        assert message == f"The token needs the scope {' or '.join(sorted(operation.opening))}"
    assert access.kept(landscape.ids["model_id"]) == before
    first, *others = [landscape.send(access, operation, bearer(tokens[scope])) for scope in operation.opening]
    assert first.is_success, first.text
    # What the first has created or deleted may be in the way of the others, but their scopes are not.
    assert all(answer.status_code in (200, 202, 404, 409) for answer in others)
    if operation.id in ("create_token", "rotate_token"):
        access.keep(first.json()["data"])
    access.settle()


def test_health_is_told_to_anybody(access: Access, refused: Mapping[str, Headers]) -> None:
    """The health checks do not look at tokens, so that a bad one does not make a server look ill."""
    for path in ("/healthz", "/readyz"):
        assert {access.client.get(path, headers=headers).status_code for headers in refused.values()} == {200}


def test_a_token_of_two_scopes_opens_what_each_opens(access: Access) -> None:
    """Scopes add up, and do not add up to admin."""
    _, secret = access.token("ingest", "read")
    body = {"model_id": prepare(access).ids["model_id"], "env_type": "PRODUCTION"}
    assert access.send("POST", "/v3/events/query", secret, json=body).status_code == 200
    assert access.send("POST", "/v3/events", secret, json={**body, "source": events(id="a")}).status_code == 200
    assert access.send("GET", "/v3/tokens", secret).status_code == 403


def test_a_rotated_token_lives_on_for_the_overlap(access: Access) -> None:
    """The old secret works until its new expiry, which is shown, and no longer; the new one works throughout."""
    old_id, old = access.token("read")
    new_id, new = access.rotate(old_id, overlap_seconds=1)
    assert access.is_known(old)
    assert access.is_known(new)
    end = datetime.fromisoformat(access.listed(old_id)["expires_at"])
    assert access.listed(new_id)["expires_at"] is None
    assert access.listed(new_id)["scopes"] == access.listed(old_id)["scopes"] == ["read"]
    time.sleep(max(0.0, (end - datetime.now(UTC)).total_seconds()))
    assert not access.is_known(old)
    assert access.is_known(new)


def test_a_token_is_rotated_once(access: Access) -> None:
    """A rotated token is not rotated again, so that one secret does not become many; the one that replaced it is."""
    old_id, _ = access.token("read")
    new_id, _ = access.rotate(old_id, overlap_seconds=60)
    again = access.send("POST", f"/v3/tokens/{old_id}/rotate", json={})
    assert_error_envelope(again.json(), 409)
    access.rotate(new_id, overlap_seconds=60)


def test_the_time_of_the_last_use_is_shown(access: Access) -> None:
    """A token was never used, until a request got past its check, refused or not; refused secrets are no use."""
    token_id, secret = access.token("read")
    before = datetime.now(UTC)
    assert access.send("GET", "/v3/projects", f"{secret}x").status_code == 401
    assert access.listed(token_id)["last_used_at"] is None
    assert access.send("POST", "/v3/projects", secret, json={"name": "refused"}).status_code == 403
    deadline = time.monotonic() + SECONDS
    while (used := access.listed(token_id)["last_used_at"]) is None:
        assert time.monotonic() < deadline, "the use is not shown"
        time.sleep(0.01)
    assert before <= datetime.fromisoformat(used) <= datetime.now(UTC)


def test_no_secret_is_kept_or_logged(access: Access, tokens: Mapping[str, str]) -> None:
    """Secrets are in no log line, however they were sent, and in the data directory only as hashes."""
    token_id, secret = access.token("admin")
    _, successor = access.rotate(token_id, overlap_seconds=60)
    for one in (secret, successor, tokens["read"]):
        assert access.send("GET", "/v3/server-info", one).status_code == 200
        assert access.client.get("/v3/projects", params={"token": one}).status_code == 401
        assert access.send("GET", "/v3/projects", params={one: one}).status_code == 400
        assert access.send("GET", f"/v3/jobs/{one}").status_code == 400
        assert access.send("GET", f"/v3/{one}").status_code == 404
        assert access.send("POST", "/v3/projects", json={"name": one, one: one}).status_code == 400
        assert access.client.get("/v3/projects", headers={"Authorization": f"Basic {one}"}).status_code == 401
    assert access.client.get("/metrics").status_code == 200
    logged = access.log.getvalue()
    stored = {path: path.read_bytes() for path in access.data_dir.rglob("*") if path.is_file()}
    assert token_id.encode() in logged
    for one in access.secrets:
        assert one.encode() not in logged
        assert sha256(one.encode()).hexdigest().encode() not in logged
        assert [path for path, content in stored.items() if one.encode() in content] == []
        assert any(sha256(one.encode()).hexdigest().encode() in content for content in stored.values())


def test_the_first_admin_token_is_in_its_file_alone(tmp_path: Path) -> None:
    """The secret that a first start makes is in one file, which only the owner can read."""
    shown: list[str] = []
    settings = Settings(data_dir=tmp_path)
    with serve(create_app(settings, announce=shown.append)) as url:
        assert httpx.get(f"{url}/v3/tokens", headers=bearer(shown[0])).status_code == 200
        holding = [path for path in tmp_path.rglob("*") if path.is_file() and shown[0].encode() in path.read_bytes()]
    assert [path.name for path in holding] == ["admin-token"]
    assert holding[0].stat().st_mode & 0o077 == 0
    assert tmp_path.stat().st_mode & 0o077 == 0


def bearer(secret: str) -> Headers:
    return {b"Authorization": f"Bearer {secret}".encode()}
