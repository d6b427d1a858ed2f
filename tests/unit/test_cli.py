"""Promises of the command line: settings as flags, and tokens of a running server."""

import json
import re
import sys
import threading
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from importlib.metadata import version
from pathlib import Path
from types import ModuleType
from typing import Any
from uuid import uuid4

import pytest
import uvicorn
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from typer.testing import CliRunner, Result

from inference_events.catalog import Catalog, projects
from inference_events.catalog.authentication import Authentication
from inference_events.catalog.bootstrap import open_catalog, prepare_catalog
from inference_events.cli import app
from inference_events.data_directory import DataDirectory, DataDirectoryInUse, write_private
from inference_events.errors import ApiError
from inference_events.jobs import JobQueue
from inference_events.operations.projects import ProjectOperations
from inference_events.operations.tokens import TokenOperations
from inference_events.settings import Settings

SECRETS = {name for name, field in Settings.model_fields.items() if field.annotation is SecretStr}


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("INFERENCE_EVENTS_PORT", "0")
    monkeypatch.setenv("NO_COLOR", "1")


@pytest.fixture
def directory(tmp_path: Path) -> Iterator[DataDirectory]:
    directory = DataDirectory(tmp_path / "inference-events-data")
    yield directory
    directory.close()


@pytest.fixture
def catalog(directory: DataDirectory) -> Iterator[Catalog]:
    catalog, _ = open_catalog(Settings(), directory)
    yield catalog
    catalog.close()


@pytest.fixture
def url(catalog: Catalog, directory: DataDirectory) -> Iterator[str]:
    """Serve the operations that the commands call, and nothing else, on a free port."""
    config = uvicorn.Config(token_server(catalog, directory), port=0, log_config=None, lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        thread.join(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join()


def token_server(catalog: Catalog, directory: DataDirectory) -> Starlette:
    operations = TokenOperations(catalog, directory)
    project_operations = ProjectOperations(catalog, JobQueue(catalog))
    authenticate = Authentication(catalog).authenticate

    def route(path: str, method: str, operation: Callable[..., Awaitable[Any]]) -> Route:
        async def endpoint(request: Request) -> JSONResponse:
            if authenticate(request.headers["authorization"].removeprefix("Bearer ")) is None:
                error = {"code": 401, "message": "A valid bearer token is needed", "errors": []}
                return JSONResponse({"api_version": "3.0", "kind": "ERROR", "error": error}, 401)
            arguments: dict[str, Any] = dict(request.path_params)
            arguments |= {
                name: json.loads(value) if name in ("filter", "limit", "offset") else value
                for name, value in request.query_params.items()
            }
            if method == "POST":
                arguments["body"] = json.loads(await request.body())
            try:
                return JSONResponse(await operation(**arguments))
            except ApiError as fault:
                error = {"code": fault.code, "message": fault.message, "errors": []}
                return JSONResponse({"api_version": "3.0", "kind": "ERROR", "error": error}, fault.code)

        return Route(path, endpoint, methods=[method])

    return Starlette(
        routes=[
            route("/v3/projects", "GET", project_operations.list_projects),
            route("/v3/tokens", "GET", operations.list_tokens),
            route("/v3/tokens", "POST", operations.create_token),
            route("/v3/tokens/{token_id}", "DELETE", operations.revoke_token),
            route("/v3/tokens/{token_id}/rotate", "POST", operations.rotate_token),
        ]
    )


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


def serve_with(monkeypatch: pytest.MonkeyPatch, create_app: Callable[..., Any], *flags: str) -> Result:
    wiring = ModuleType("inference_events.app")
    wiring.create_app = create_app  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "inference_events.app", wiring)
    monkeypatch.setattr("inference_events.cli.configure_logging", lambda level: None)
    return run("serve", *flags)


def test_the_version_is_shown() -> None:
    """`--version` says which release is installed."""
    assert CliRunner().invoke(app, ["--version"]).output == f"inference-events {version('inference-events')}\n"


def test_every_setting_is_a_flag() -> None:
    """The help of `serve` names each setting as a flag with its variable, but secrets as variables only."""
    shown = run("serve", "--help").output
    for name in Settings.model_fields:
        assert f"INFERENCE_EVENTS_{name.upper()}" in shown
        assert (f"--{name.replace('_', '-')} " in shown) == (name not in SECRETS)


@pytest.mark.parametrize("command", [["serve"], ["token", "create"], ["migrate"]])
def test_help_shows_whole_names_at_80_columns(monkeypatch: pytest.MonkeyPatch, command: list[str]) -> None:
    """In a usual terminal no flag and no variable is cut or broken, and no line is too long."""
    monkeypatch.setenv("COLUMNS", "80")
    shown = run(*command, "--help").output
    assert "…" not in shown
    assert max(map(len, shown.splitlines())) <= 80
    variables = [f"INFERENCE_EVENTS_{name.upper()}" for name in Settings.model_fields]
    if command == ["serve"]:
        assert [name for name in variables if not re.search(rf"\b{name}\b", shown)] == []
        assert len(re.findall(r"^  --[a-z-]+ ", shown, re.MULTILINE)) == len(["--help", *variables]) - len(SECRETS)
    assert shown.count("[env") == len(re.findall(r"env\s+var:\s+INFERENCE_EVENTS_[A-Z_]+\b", shown))


def test_flags_win_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """A flag sets what the environment sets otherwise; a directory in use ends the start and says so."""
    seen: list[Settings] = []

    def create_app(settings: Settings, **hooks: object) -> None:
        seen.append(settings)
        raise DataDirectoryInUse("in use by process 7")

    monkeypatch.setenv("INFERENCE_EVENTS_PORT", "1")
    monkeypatch.setenv("INFERENCE_EVENTS_HOST", "::1")
    result = serve_with(monkeypatch, create_app, "--port", "2", "--max-file-bytes", "1GiB")
    assert (seen[0].host, seen[0].port, seen[0].max_file_bytes) == ("::1", 2, 2**30)
    assert (result.exit_code, result.output) == (1, "in use by process 7\n")


def test_a_wrong_setting_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """A value that cannot be used ends the start with the flag's name, before anything is opened."""
    result = serve_with(monkeypatch, lambda settings, announce: pytest.fail("opened"), "--port", "seventy")
    assert result.exit_code == 2
    assert "--port" in result.output


def test_tokens_are_created_listed_rotated_and_revoked(url: str, catalog: Catalog) -> None:
    """With the data directory's admin token, tokens are managed; standard output has only the secret."""
    authenticate = Authentication(catalog).authenticate
    created = run("token", "create", "airflow", "--scope", "ingest", "--scope", "read", "--url", url)
    assert created.exit_code == 0, created.output
    identity = authenticate(created.stdout.strip())
    assert identity is not None
    assert sorted(identity.scopes) == ["ingest", "read"]
    listed = run("token", "list", "--url", url).stdout
    assert f"{identity.id}  ingest,read" in listed
    assert created.stdout.strip() not in listed
    rotated = run("token", "rotate", identity.id, "--overlap-seconds", "0", "--url", url)
    assert authenticate(created.stdout.strip()) is None
    twin = authenticate(rotated.stdout.strip())
    assert twin is not None
    assert run("token", "revoke", twin.id, "--url", url).stdout == "Revoked airflow\n"
    assert authenticate(rotated.stdout.strip()) is None


def test_a_token_is_limited_to_projects_by_name_or_id(url: str, catalog: Catalog) -> None:
    """`--project` takes names and ids, and the list shows the names; a token without it is for all projects."""
    ids = {name: catalog.write(partial(projects.create, name=name)).id for name in ("churn", "fraud")}
    flags = ("--scope", "manage", "--project", "churn", "--project", ids["fraud"].upper(), "--url", url)
    created = run("token", "create", "notebooks", *flags)
    identity = Authentication(catalog).authenticate(created.stdout.strip())
    assert identity is not None
    assert identity.project_ids == frozenset(ids.values())
    lines = {line.split()[0]: line for line in run("token", "list", "--url", url).stdout.splitlines()}
    limited = lines.pop(identity.id)
    assert "churn,fraud" in limited or "fraud,churn" in limited
    assert all("all projects" in line for line in lines.values())


def test_an_unknown_project_is_named(url: str) -> None:
    """A token is not created for a project that does not exist, by name or by id."""
    for project, message in (("churm", "There is no project named churm"), (str(uuid4()), "Project not found")):
        result = run("token", "create", "n", "--scope", "read", "--project", project, "--url", url)
        assert result.exit_code == 1
        assert message in result.stderr
    assert len(run("token", "list", "--url", url).stdout.splitlines()) == 1


def test_a_token_may_expire(url: str, catalog: Catalog) -> None:
    """An expiry is taken as UTC and shown in the list."""
    run("token", "create", "short", "--scope", "read", "--expires-at", "2099-01-02", "--url", url)
    assert "expires 2099-01-02 00:00 UTC" in run("token", "list", "--url", url).stdout


def test_refusals_are_shown(url: str) -> None:
    """A refusal of the server is shown with its message and status, and the command fails."""
    result = run("token", "list", "--url", url, "--token", "wrong")
    assert (result.exit_code, result.stderr) == (1, "A valid bearer token is needed (401)\n")


NO_SERVER = (
    "No response from http://127.0.0.1:1: is the server running there, and does the URL begin with http:// or "
    "https://, as the server says?\n"
)


def test_rotating_the_kept_admin_token_keeps_the_new_one(url: str, directory: DataDirectory) -> None:
    """After the admin token of the data directory is rotated, its file holds the new secret and commands still work."""
    [admin] = run("token", "list", "--url", url).stdout.splitlines()
    rotated = run("token", "rotate", admin.split()[0], "--overlap-seconds", "0", "--url", url)
    assert directory.admin_token_file.read_text() == rotated.stdout
    assert run("token", "list", "--url", url).exit_code == 0


@pytest.mark.parametrize("fails", [True, False])
def test_a_rotation_that_is_not_committed_leaves_the_kept_token(
    url: str, directory: DataDirectory, catalog: Catalog, monkeypatch: pytest.MonkeyPatch, fails: bool
) -> None:
    """The file holds a secret that opens the server, whether or not the catalog fails; a start settles a crash."""
    kept = directory.admin_token_file.read_text()
    identity = Authentication(catalog).authenticate(kept.strip())
    assert identity is not None
    if fails:
        monkeypatch.setattr(Catalog, "write", failing_after(Catalog.write))
    run("token", "rotate", identity.id, "--url", url)
    monkeypatch.undo()
    assert (directory.admin_token_file.read_text() == kept) is fails
    assert not directory.next_admin_token_file.exists()
    now = directory.admin_token_file.read_text()
    assert Authentication(catalog).authenticate(now.strip()) is not None
    write_private(directory.next_admin_token_file, "a secret that was never committed\n")
    prepare_catalog(catalog, Settings(), directory)
    assert directory.admin_token_file.read_text() == now
    assert not directory.next_admin_token_file.exists()


def failing_after(write: Callable[..., Any]) -> Callable[..., Any]:
    """Run a transaction, and then fail like a commit on a full disk."""

    def write_and_fail(catalog: Catalog, function: Callable[..., Any]) -> Any:
        def act(session: Any) -> Any:
            function(session)
            raise OSError(28, "No space left on device")

        return write(catalog, act)

    return write_and_fail


def test_a_missing_server_is_an_error(tmp_path: Path) -> None:
    """Without a server or a token the command fails in one line."""
    result = run("token", "list", "--url", "http://127.0.0.1:1", "--token", "any")
    assert (result.exit_code, result.stderr) == (1, NO_SERVER)
    result = run("token", "list", "--data-dir", str(tmp_path / "none"))
    assert result.exit_code == 1
    assert "--token or INFERENCE_EVENTS_TOKEN" in result.stderr
