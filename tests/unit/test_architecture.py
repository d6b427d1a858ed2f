"""docs/architecture.md is true: the imports of the packages, and the names of the threads."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
SERVER = ROOT / "server" / "inference_events"
DOCUMENT = (ROOT / "docs" / "architecture.md").read_text()
QUOTED = re.compile(r"`([a-z-]+)`")
THREADS = {"Thread": "name", "ThreadPoolExecutor": "thread_name_prefix"}
# The generated client is a package of its own, which the wheel contains.
PACKAGES = {path.parent.name for path in SERVER.glob("*/__init__.py")} - {"client"}


def table(heading: str) -> Iterator[list[str]]:
    section = DOCUMENT.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    for line in section.splitlines():
        if line.startswith("| `"):
            yield [cell.strip() for cell in line.strip("|").split("|")]


def imported(package: str) -> set[str]:
    """Return the packages of the server that a package imports."""
    names: set[str] = set()
    for path in (SERVER / package).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and node.module == "inference_events":
                names |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("inference_events."):
                names.add((node.module or "").split(".")[1])
    return names & PACKAGES - {package}


def started_threads() -> Iterator[str]:
    """Name each thread that the server starts with a constant name, up to its number."""
    for path in SERVER.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call):
                called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", None)
                for keyword in node.keywords:
                    if called in THREADS and keyword.arg == THREADS[called]:
                        text = keyword.value.values[0] if isinstance(keyword.value, ast.JoinedStr) else keyword.value
                        if isinstance(text, ast.Constant):
                            yield str(text.value).rstrip("-")


def test_each_package_imports_what_the_table_says() -> None:
    """The table names every package and exactly the packages that it imports."""
    described = {cells[0].strip("`"): set(QUOTED.findall(cells[2])) for cells in table("Packages")}
    assert described == {package: imported(package) for package in PACKAGES}


def test_each_thread_has_a_row() -> None:
    """The table names every thread."""
    described = {
        name.removesuffix("-N") for cells in table("Threads") for name in re.findall(r"`([a-zA-Z-]+)`", cells[0])
    }
    assert set(started_threads()) <= described
