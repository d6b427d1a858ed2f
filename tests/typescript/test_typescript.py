"""The TypeScript client is what the contract generates, compiles strictly, and talks to a server.

Node.js and packages of npm are needed, so `make check-typescript` runs these tests. `make test`, which must run without
Node.js, compares digests instead (`tests/contract/test_generated.py`).
"""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.program import Program
from tools.generate.typescript import TEMPLATES, install_tools, write_typescript

ROOT = Path(__file__).parents[2]
COMMITTED = ROOT / "generated" / "typescript"
TOKEN = "admin-token-of-the-typescript-tests"

UPLOAD = """
import { asForm, connect } from "./index.js";

const client = connect(process.env["URL"]!, process.env["TOKEN"]!);
const file = new File(["flight\\nUA1\\n"], "flights.csv");
const { data, response } = await client.POST("/v3/files/upload", { body: { file }, bodySerializer: asForm });
const status: string | undefined = data?.data.status;
console.log(response.status, status);
"""

WRONG = """
import { connect, type Schemas } from "./index.js";

const client = connect("http://127.0.0.1:8000", "token");
await client.GET("/v3/nothing");
await client.GET("/v3/jobs", { params: { query: { limit: "ten" } } });
await client.POST("/v3/projects", { body: { nome: "flights" } });
export const kind: Schemas["EnvType"] = "TEST";
export async function name(): Promise<string> {
  return (await client.GET("/v3/projects")).data.data.items[0].name;
}
"""


def files(root: Path) -> dict[str, bytes]:
    paths = (path for path in root.rglob("*") if path.is_file())
    named = {str(path.relative_to(root)): path for path in paths}
    return {name: path.read_bytes() for name, path in named.items() if not name.startswith(("node_modules", "dist"))}


def compile_sources(package: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = ["node", "node_modules/typescript/bin/tsc", "--pretty", "false", *options]
    return subprocess.run(command, cwd=package, capture_output=True, text=True)


def run(package: Path, script: str, server: Program, token: str = TOKEN) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"URL": server.url, "TOKEN": token}
    return subprocess.run(["node", f"dist/{script}"], cwd=package, env=environment, capture_output=True, text=True)


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a built copy of the committed client, with a script of these tests."""
    install_tools()
    copy = tmp_path_factory.mktemp("typescript")
    ignored = shutil.ignore_patterns("node_modules", "dist")
    shutil.copytree(COMMITTED, copy, dirs_exist_ok=True, ignore=ignored)
    (copy / "node_modules").symlink_to(TEMPLATES / "node_modules")
    (copy / "src" / "upload.ts").write_text(UPLOAD)
    done = compile_sources(copy)
    assert done.returncode == 0, done.stdout
    return copy


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """Give a running server."""
    program = Program(tmp_path_factory.mktemp("data"), TOKEN)
    program.start()
    yield program
    program.stop()


def test_the_committed_client_is_what_the_contract_generates(tmp_path: Path) -> None:
    """Generating again gives the committed files, byte for byte."""
    write_typescript(ROOT / "openapi.yaml", tmp_path / "client")
    assert files(tmp_path / "client") == files(COMMITTED)


def test_the_example_publishes_and_reads_an_event(package: Path, server: Program) -> None:
    """The example of the package makes a model, publishes an event and reads it again."""
    done = run(package, "example.js", server)
    assert done.returncode == 0, done.stderr
    printed = json.loads(done.stdout)
    assert printed["published"]["event_ids"] == ["UA1"]
    [event] = printed["found"]
    assert event["values"] == {"flight": "UA1", "distance": 1400, "late_probability": 0.2}


def test_the_example_shows_why_it_was_refused(package: Path, server: Program) -> None:
    """With a wrong token the example fails with the server's message."""
    done = run(package, "example.js", server, token="wrong")
    assert done.returncode == 1
    assert "The bearer token is not valid" in done.stderr


def test_a_file_is_uploaded_as_a_form(package: Path, server: Program) -> None:
    """A field of the format `binary` takes a file, which arrives."""
    done = run(package, "upload.js", server)
    assert done.stdout.split() == ["200", "SUCCESSFUL"], done.stderr


def test_the_compiler_refuses_what_the_contract_does_not_say(package: Path) -> None:
    """An unknown path, a wrong type, an unknown field or value, and data that may be missing do not compile.

    What the README shows does.
    """
    [shown] = re.findall(r"```ts\n(.*?)```", (package / "README.md").read_text(), re.DOTALL)
    scripts = {"wrong.ts": WRONG, "readme.ts": f"declare const token: string;\n{shown}"}
    for name, script in scripts.items():
        (package / "src" / name).write_text(script)
    done = compile_sources(package, "--noEmit")
    for name in scripts:
        (package / "src" / name).unlink()
    faults = re.findall(r"^(\S+)\((\d+),", done.stdout, re.MULTILINE)
    assert set(faults) == {("src/wrong.ts", line) for line in ("5", "6", "7", "8", "10")}, done.stdout
