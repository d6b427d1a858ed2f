"""Run the generators, without output unless they fail."""

import subprocess
import sys
from pathlib import Path

_CHATTER = ("Generating ", "If you believe this was a mistake")


class ToolFailed(Exception):
    """A tool ended with an error; the text is one line of its output."""


def run_module(module: str, *arguments: str) -> None:
    """Run an installed tool of this interpreter. Raises ToolFailed."""
    run(module, sys.executable, "-m", module, *arguments)


def run(name: str, *command: str, cwd: Path | None = None) -> str:
    """Run a command and return what it prints. Raises ToolFailed."""
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True)
    if done.returncode:
        raise ToolFailed(f"{name} failed: {_one_line(done.stdout + done.stderr)}")
    return done.stdout


def _one_line(output: str) -> str:
    """Return the last line of a traceback, else all lines in one, except those without information about the fault."""
    lines = [line.strip() for line in output.splitlines() if line.strip() and not line.startswith(_CHATTER)]
    if any(line.startswith("Traceback ") for line in lines):
        return lines[-1]
    return " ".join(lines)
