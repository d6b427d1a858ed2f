"""The README's examples work unchanged."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.process import TOKEN, ServerProcess, running

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
CLIENT_README = (ROOT / "generated" / "client" / "README.md").read_text()


def blocks(text: str, language: str) -> str:
    found: list[str] = re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)
    return "".join(found)


def example(heading: str, language: str) -> str:
    """Return the commands under a heading of the README."""
    return blocks(README.split(f"## {heading}\n")[1].split("\n## ")[0], language)


CLIENT_EXAMPLES = {
    "README": example("The same with the Python client", "python"),
    "client's README": blocks(CLIENT_README, "python"),
}


def run(command: list[str], directory: Path, typed: str | None = None) -> str:
    """Run a command in the folder that the README assumes: next to the data directory of a running server."""
    result = subprocess.run(
        command, cwd=directory, input=typed, capture_output=True, text=True, timeout=60, check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    directory = tmp_path / "inference-events-data"
    with running(directory) as process:
        (directory / "admin-token").write_text(TOKEN)
        yield process


# How a shell reads pasted text. Without startup files it takes no settings of the user who runs the tests.
SHELLS = {"bash": ["bash", "--norc", "-i"], "zsh": ["zsh", "-f", "-i"]}


@pytest.mark.skipif(shutil.which("curl") is None, reason="the walk is for people who have curl")
@pytest.mark.parametrize("shell", SHELLS)
def test_the_walk(server: ServerProcess, tmp_path: Path, shell: str) -> None:
    """The walk, pasted, publishes, updates, reads and deletes; the Python client then continues from there."""
    if shutil.which(shell) is None:
        pytest.skip(f"there is no {shell} here")
    url = str(server.client.base_url).rstrip("/")
    walk = example("A walk with curl", "sh").replace("http://127.0.0.1:8000", url)
    printed = run(SHELLS[shell], tmp_path, walk + "exit\n")
    assert '"created":2' in printed
    assert '{"column":"carrier","kind":"range","count":1}' in printed
    assert '"arrived_late":false' in printed
    assert '"message":"departed: cannot be read as a time; accepted are seconds' in printed
    printed = run([sys.executable, "-c", CLIENT_EXAMPLES["README"].replace("http://127.0.0.1:8000", url)], tmp_path)
    assert printed.startswith("['AA3']\n")
    assert "UA1" in printed
    assert printed.endswith("\n1\n")
    printed = run(
        [sys.executable, "-c", CLIENT_EXAMPLES["client's README"].replace("http://127.0.0.1:8000", url)], tmp_path
    )
    assert printed.startswith("1 [")
    assert "SUCCESS 1\n" in printed
    assert printed.endswith("['AA4']\n")


@pytest.mark.parametrize("script", CLIENT_EXAMPLES.values(), ids=CLIENT_EXAMPLES)
def test_the_client_says_that_a_token_is_wrong(script: str, server: ServerProcess, tmp_path: Path) -> None:
    """With a wrong token, the examples of the Python client end with the server's reason and message."""
    (tmp_path / "inference-events-data" / "admin-token").write_text("wrong")
    script = script.replace("http://127.0.0.1:8000", str(server.client.base_url).rstrip("/"))
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert re.search(r"\.Unauthorized: 401 Unauthorized: \S.+$", done.stderr.splitlines()[-1])


@pytest.mark.parametrize("script", CLIENT_EXAMPLES.values(), ids=CLIENT_EXAMPLES)
def test_the_client_examples_are_typed(script: str, tmp_path: Path) -> None:
    """mypy --strict accepts the examples of the Python client, as a user runs it."""
    (tmp_path / "example.py").write_text(script)
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", "--cache-dir=cache", "example.py"]
    environment = os.environ | {"MYPYPATH": str(ROOT / "generated" / "client")}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_walk_has_no_comments() -> None:
    """In zsh a comment that is pasted is an unknown command."""
    assert not re.search(r"(^|\s)#", example("A walk with curl", "sh"), re.MULTILINE)
