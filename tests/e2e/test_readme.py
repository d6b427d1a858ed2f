"""The README's examples work as they stand there."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.process import TOKEN, ServerProcess, running

README = (Path(__file__).parents[2] / "README.md").read_text()


def example(heading: str, language: str) -> str:
    section = README.split(f"## {heading}\n")[1].split("\n## ")[0]
    blocks: list[str] = re.findall(rf"```{language}\n(.*?)```", section, re.DOTALL)
    return blocks[0]


def run(command: list[str], server: ServerProcess, directory: Path) -> str:
    """Run a command where the README assumes to be: beside a data directory, before a server."""
    result = subprocess.run(command, cwd=directory, capture_output=True, text=True, timeout=60, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    directory = tmp_path / "inference-events-data"
    with running(directory) as process:
        (directory / "admin-token").write_text(TOKEN)
        yield process


@pytest.mark.skipif(shutil.which("curl") is None, reason="the walk is for people who have curl")
def test_the_walk(server: ServerProcess, tmp_path: Path) -> None:
    """The walk with curl publishes, updates, reads and deletes; the Python client then goes on from there."""
    url = str(server.client.base_url).rstrip("/")
    walk = example("A walk with curl", "sh").split("make serve")[-1].replace("http://127.0.0.1:8000", url)
    printed = run(["bash", "-euo", "pipefail", "-c", walk], server, tmp_path)
    assert '"created":2' in printed
    assert '{"column":"carrier","kind":"range","count":1}' in printed
    assert '"arrived_late":false' in printed
    assert '"message":"departed: cannot be read as a time; accepted are seconds' in printed
    script = example("The same with the Python client", "python").replace("http://127.0.0.1:8000", url)
    printed = run([sys.executable, "-c", script], server, tmp_path)
    assert printed.startswith("['AA3']\n")
    assert "UA1" in printed
