"""Generated code follows the specification, and handlers cannot disagree with it."""

import ast
import asyncio
import json
import os
import re
import shutil
import subprocess
import sys
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from inference_events_api import operations
from inference_events_api.operations import SCOPES, STATUS
from inference_events_client import AuthenticatedClient
from inference_events_client.api.files import upload_file
from inference_events_client.models import FileUpload
from inference_events_client.types import File
from tools.generate.__main__ import write_client
from tools.generate.document import load
from tools.generate.typescript import NEEDS_NODE, typescript_faults

ROOT = Path(__file__).parents[2]
GENERATED = ROOT / "generated"
ignored = shutil.ignore_patterns("node_modules", "dist")
SPEC = yaml.safe_load((ROOT / "openapi.yaml").read_text())
TREACHEROUS = b'one\r\n--+++\r\nContent-Disposition: form-data; name="x"\r\n\r\ntwo\r\n--+++--\r\n'


def run_generator(*arguments: str, hash_seed: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tools.generate", *arguments],
        cwd=ROOT,
        env=os.environ | {"PYTHONHASHSEED": hash_seed} | environment,
        capture_output=True,
        text=True,
    )


def contents(root: Path) -> dict[str, bytes]:
    caches = re.compile(r"__pycache__|/\.\w+_cache/|/node_modules/|/dist/")
    files = (path for path in root.rglob("*") if path.is_file() and not caches.search(str(path)))
    return {str(path.relative_to(root)): path.read_bytes() for path in files}


def operation_ids(document: dict[str, Any]) -> set[str]:
    return {node["operationId"] for node in operation_nodes(document)}


def operation_nodes(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [node for item in document["paths"].values() for node in item.values() if isinstance(node, dict)]


def test_the_committed_tree_is_fresh(tmp_path: Path) -> None:
    """Generating again, anywhere, gives the committed Python files, byte for byte."""
    done = run_generator(str(tmp_path), "--part", "api", "--part", "client", hash_seed="1")
    assert done.returncode == 0, done.stderr
    assert {path.name for path in tmp_path.iterdir()} == {"api", "client"}
    for part in ("api", "client"):
        assert contents(tmp_path / part) == contents(GENERATED / part)


def test_check_names_an_edited_file(tmp_path: Path) -> None:
    """A file that was edited by hand fails the check, which names that file and no other."""
    copy = shutil.copytree(GENERATED, tmp_path / "generated", ignore=ignored)
    edited = copy / "api" / "inference_events_api" / "types.py"
    edited.write_text(edited.read_text() + "\nMINE = 1\n")
    done = run_generator("--check", str(copy), hash_seed="99")
    assert done.returncode == 1
    assert re.findall(r"^--- (\S+)", done.stdout, re.MULTILINE) == [str(edited)]
    assert "-MINE = 1" in done.stdout


def test_protocols_have_exactly_the_operations_of_the_specification() -> None:
    """Every operationId is a method of the Protocol of its tag, and nothing else is."""
    tags = {re.sub(r"Operations$", "", name): kind for name, kind in vars(operations).items() if name in protocols()}
    methods = {(tag, name) for tag, kind in tags.items() for name in vars(kind) if not name.startswith("_")}
    assert methods == {
        (node["tags"][0].title().replace(" ", ""), node["operationId"]) for node in operation_nodes(SPEC)
    }
    assert {name for _, name in methods} == operation_ids(SPEC) == set(STATUS)


def test_only_operations_without_security_have_no_scopes() -> None:
    """`SCOPES` lacks exactly the operations that need no token."""
    open_to_all = {node["operationId"] for node in operation_nodes(SPEC) if node.get("security") == []}
    assert set(STATUS) - set(SCOPES) == open_to_all


HANDLERS = """
from pathlib import Path
from inference_events_api import types
from inference_events_api.operations import FileDownload, UploadedFile, handlers

{classes}

handlers({arguments})
"""

ALIVE = """
async def check_liveness(self) -> types.HealthResponse:
    return {"data": {"status": "ok"}, "api_version": "3.0", "kind": "NORMAL"}
"""


def protocols() -> dict[str, ast.ClassDef]:
    """Return the Protocol of each tag by its name."""
    source = (GENERATED / "api" / "inference_events_api" / "operations.py").read_text()
    classes = (node for node in ast.parse(source).body if isinstance(node, ast.ClassDef))
    return {node.name: node for node in classes if node.name.endswith("Operations")}


def handlers() -> dict[str, str]:
    """Return the source of one right handler per operation, made from the Protocols themselves."""
    nodes = (node for protocol in protocols().values() for node in protocol.body)
    methods = [node for node in nodes if isinstance(node, ast.AsyncFunctionDef)]
    for method in methods:
        method.body = ast.parse("raise NotImplementedError").body
    return {method.name: ast.unparse(method) for method in methods} | {"check_liveness": ALIVE}


def module(methods: dict[str, str]) -> str:
    """Return the source of one object per tag with those handlers that are its operations."""
    classes, arguments = [], []
    for name, protocol in protocols().items():
        own = [node.name for node in protocol.body if isinstance(node, ast.AsyncFunctionDef)]
        body = "\n".join(methods[method] for method in own if method in methods).replace("\n", "\n    ")
        classes.append(f"class {name}:\n    {body}")
        tag = re.sub("(?<!^)(?=[A-Z])", "_", name.removesuffix("Operations")).lower()
        arguments.append(f"{tag}={name}()")
    return HANDLERS.replace("{classes}", "\n\n".join(classes)).replace("{arguments}", ", ".join(arguments))


def test_type_checker_rejects_handlers_that_disagree_with_the_specification(tmp_path: Path) -> None:
    """mypy accepts right handlers and names a missing one, a wrong argument type and a wrong key."""
    right = handlers()
    variants = {
        "right": right,
        "missing": {name: source for name, source in right.items() if name != "get_project"},
        "argument": right | {"get_job": right["get_job"].replace("job_id: str", "job_id: int")},
        "key": right | {"check_liveness": ALIVE.replace('"status"', '"state"')},
    }
    for name, methods in variants.items():
        (tmp_path / f"{name}.py").write_text(module(methods))
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--config-file=", "--cache-dir=cache", "--no-pretty", "."],
        cwd=tmp_path,
        env=os.environ | {"MYPYPATH": str(GENERATED / "api")},
        capture_output=True,
        text=True,
    )
    lines = done.stdout.splitlines()
    complaints = {name: "\n".join(line for line in lines if line.startswith(f"{name}.py:")) for name in variants}
    assert done.returncode == 1, done.stdout + done.stderr
    assert complaints["right"] == ""
    assert '"ProjectsOperations" is missing following "ProjectsOperations" protocol member' in complaints["missing"]
    assert "get_project" in complaints["missing"]
    assert re.search(r"Expected:[^$]*job_id: str[^$]*Got:[^$]*job_id: int", complaints["argument"])
    assert 'Missing key "status" for TypedDict "Health"' in complaints["key"]


def sent_part(request: httpx.Request) -> bytes:
    """Return the content of the only part of a multipart request, read as RFC 2046 has it."""
    boundary = request.headers["Content-Type"].partition("boundary=")[2].encode()
    preamble, part, end = request.content.split(b"--" + boundary)
    assert (preamble, end) == (b"", b"--\r\n")
    return part.partition(b"\r\n\r\n")[2].removesuffix(b"\r\n")


@pytest.mark.parametrize("is_async", [False, True])
def test_client_sends_any_file_intact(is_async: bool) -> None:
    """A file arrives unchanged even if it contains text that looks like the end of a form part."""
    seen: list[httpx.Request] = []

    def respond(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(418)

    transport = {"transport": httpx.MockTransport(respond)}
    client = AuthenticatedClient(base_url="http://server.test", token="secret", httpx_args=transport)
    body = FileUpload(file=File(payload=BytesIO(TREACHEROUS), file_name="events.csv"))
    if is_async:
        asyncio.run(upload_file.asyncio_detailed(client=client, body=body))
    else:
        upload_file.sync_detailed(client=client, body=body)
    assert [sent_part(request) for request in seen] == [TREACHEROUS]


BINARY = """
openapi: 3.0.3
info: {title: Binary, version: 1.0.0}
paths:
  /blob:
    put:
      operationId: put_blob
      tags: [Blobs]
      requestBody:
        required: true
        content: {application/octet-stream: {schema: {type: string, format: binary}}}
      responses: {'204': {description: Stored.}}
"""

SEND_BINARY = """
import asyncio, io, httpx
from inference_events_client import Client
from inference_events_client.api.blobs import put_blob
from inference_events_client.types import File

async def respond(request):
    assert await request.aread() == bytes(300_000), len(request.content)
    return httpx.Response(204)

client = Client(base_url="http://server.test", httpx_args={"transport": httpx.MockTransport(respond)})
done = asyncio.run(put_blob.asyncio_detailed(client=client, body=File(payload=io.BytesIO(bytes(300_000)))))
assert done.status_code == 204
"""


def test_client_sends_binary_bodies_asynchronously(tmp_path: Path) -> None:
    """An operation with a binary body works in the client's async form, too."""
    (tmp_path / "binary.yaml").write_text(BINARY)
    write_client(load(tmp_path / "binary.yaml"), tmp_path / "client")
    subprocess.run([sys.executable, "-c", SEND_BINARY], cwd=tmp_path / "client", check=True)


@pytest.mark.parametrize("edited", ["src/schema.ts", "src/index.ts", "package-lock.json", "openapi.yaml"])
def test_a_stale_typescript_client_is_found_without_node(edited: str, tmp_path: Path) -> None:
    """The committed client fits the contract; an edit of its files, or of the contract, is named."""
    assert typescript_faults(ROOT / "openapi.yaml", GENERATED / "typescript") == []
    copy = shutil.copytree(GENERATED / "typescript", tmp_path, dirs_exist_ok=True, ignore=ignored)
    shutil.copy(ROOT / "openapi.yaml", tmp_path)
    with (tmp_path / edited).open("a") as file:
        file.write("\n")
    assert typescript_faults(tmp_path / "openapi.yaml", copy) == [edited]


def test_generating_without_npm_leaves_the_typescript_client_alone(tmp_path: Path) -> None:
    """Without npm the other parts are written, and one line says that the TypeScript client is stale."""
    spec = SPEC | {"info": SPEC["info"] | {"title": "Another"}}
    (tmp_path / "openapi.yaml").write_text(yaml.safe_dump(spec))
    out = shutil.copytree(GENERATED, tmp_path / "out", ignore=ignored)
    parts = ("--part", "api", "--part", "typescript")
    done = run_generator(str(out), "--spec", str(tmp_path / "openapi.yaml"), *parts, hash_seed="1", PATH=str(tmp_path))
    assert done.returncode == 0
    assert done.stderr.splitlines() == [f"{out / 'typescript'} is stale and stays as it is: {NEEDS_NODE}"]
    assert contents(out / "typescript") == contents(GENERATED / "typescript")
    assert "title: Another" in (out / "api" / "inference_events_api" / "openapi.yaml").read_text()


@pytest.mark.parametrize("lock", ["tools/review/package-lock.json", "generated/typescript/package-lock.json"])
def test_lock_files_name_no_registry(lock: str) -> None:
    """Every package of npm is pinned by a hash, and taken from the registry that the user has set."""
    packages = json.loads((ROOT / lock).read_text())["packages"]
    assert all("resolved" not in package for package in packages.values())
    assert all("integrity" in package for path, package in packages.items() if path)
