"""Build the web console, and check without Node.js whether its build is stale.

The build is committed, so that every installation has it. A digest of its sources lies beside it.
"""

import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parents[2]
SOURCES = ROOT / "server" / "console"
BUILD = ROOT / "server" / "inference_events" / "console"
DIGEST = "sources.sha256"
NEEDS_NODE = "it needs npm with Node.js 20.19 or newer; everything else runs without"
_NOT_SOURCES = ("node_modules", ".vite")


class BuildFailed(Exception):
    """A step of the build failed. The message has its output."""


def build(out: Path = BUILD) -> None:
    """Check the sources and write the console to a folder. Raises BuildFailed."""
    _install()
    for step in (("biome", "check", "src"), ("tsc",), ("vite", "build", "--logLevel", "warn")):
        _run(str(SOURCES / "node_modules" / ".bin" / step[0]), *step[1:], out=out)
    (out / DIGEST).write_text(f"{digest()}\n")


def serve() -> None:
    """Serve the sources until a signal. Raises BuildFailed."""
    _install()
    subprocess.run([SOURCES / "node_modules" / ".bin" / "vite"], cwd=SOURCES, check=False)


def digest(sources: Path = SOURCES) -> str:
    """Return the SHA-256 of the sources, by their names and contents."""
    total = hashlib.sha256()
    for file in sorted(_files(sources)):
        content = hashlib.sha256(file.read_bytes()).hexdigest()
        total.update(f"{file.relative_to(sources).as_posix()} {content}\n".encode())
    return total.hexdigest()


def is_fresh(sources: Path = SOURCES, out: Path = BUILD) -> bool:
    """Return whether a build was made of these sources."""
    kept = out / DIGEST
    return kept.is_file() and kept.read_text().strip() == digest(sources)


def differences() -> list[str]:
    """Build again elsewhere, and return the names of the files that differ from the committed build."""
    with TemporaryDirectory() as scratch:
        out = Path(scratch) / "console"
        build(out)
        return sorted(name for name in _names(out) | _names(BUILD) if _content(out / name) != _content(BUILD / name))


def _files(folder: Path) -> Iterator[Path]:
    for file in folder.iterdir():
        if file.is_dir() and file.name not in _NOT_SOURCES:
            yield from _files(file)
        elif file.is_file():
            yield file


def _names(folder: Path) -> set[str]:
    return {file.name for file in folder.iterdir()}


def _content(file: Path) -> bytes | None:
    return file.read_bytes() if file.is_file() else None


def _install() -> None:
    if shutil.which("npm") is None:
        raise BuildFailed(f"The console cannot be built: {NEEDS_NODE}")
    installed, lock = SOURCES / "node_modules" / ".package-lock.json", SOURCES / "package-lock.json"
    if not installed.exists() or installed.stat().st_mtime < lock.stat().st_mtime:
        _run("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", out=BUILD)
        installed.touch()


def _run(*command: str, out: Path) -> None:
    environment = {**os.environ, "CONSOLE_OUT": str(out)}
    done = subprocess.run(command, cwd=SOURCES, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BuildFailed(f"{Path(command[0]).name} failed:\n{done.stdout}{done.stderr}")
