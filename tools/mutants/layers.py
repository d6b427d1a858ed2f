"""The checks that may catch a mutant, in the order in which a developer meets them."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tools.mutants.planting import Mutant

FUZZ_SECONDS = 60
FUZZ_SEED = 20130101
# Starting servers, and a Schemathesis phase that ends after its time.
FUZZ_PATIENCE_SECONDS = 120
TEST_PATIENCE_SECONDS = 900
# These test the mutants and the fuzz; in a copy with a bug, the first always fails.
OWN_TESTS = ("tests/unit/test_mutants.py", "tests/contract/test_fuzz.py")


class Interrupted(Exception):
    """The run is ending: no further check starts."""


class Processes:
    """Run each check in its own process group, so that a server that it leaves running ends with it.

    `running` are the ids of the groups.
    """

    def __init__(self) -> None:
        self.running: set[int] = set()
        self._lock = threading.Lock()
        self._is_ended = False

    def run(self, arguments: Sequence[str], tree: Path, log: Path, patience: float) -> int | None:
        """Return the exit code of a module in `tree`, None if it does not end in time. Raises Interrupted."""
        path = os.pathsep.join(str(tree / part) for part in ("server", "generated/api", "generated/client", "."))
        with log.open("ab") as output:
            with self._lock:
                if self._is_ended:
                    raise Interrupted
                process = subprocess.Popen(
                    [sys.executable, "-m", *arguments],
                    cwd=tree,
                    env=os.environ | {"PYTHONPATH": path},
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
                self.running.add(process.pid)
            try:
                return process.wait(patience)
            except subprocess.TimeoutExpired:
                return None
            finally:
                self.running.discard(process.pid)
                _end_group(process.pid)
                process.wait()

    def end(self) -> None:
        """End all running checks and start no more."""
        with self._lock:
            self._is_ended = True
            for leader in self.running:
                _end_group(leader)


def _end_group(leader: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(leader, signal.SIGKILL)


@dataclass(frozen=True)
class Layer:
    """One kind of check: `command` follows the interpreter, `patience` is in seconds."""

    name: str
    command: Callable[[Mutant], Sequence[str]]
    patience: float

    def catches(self, mutant: Mutant, tree: Path, log: Path, processes: Processes) -> bool:
        """Return whether the check fails in `tree`, or does not end. Its output goes to `log`."""
        return processes.run(self.command(mutant), tree, log, self.patience) != 0


def _types(mutant: Mutant) -> Sequence[str]:
    return ("mypy",)


def _fuzz(mutant: Mutant) -> Sequence[str]:
    operations = [f"--operation={name}" for name in mutant.operations]
    return ("tests.contract.fuzz", f"--seed={FUZZ_SEED}", f"--seconds={FUZZ_SECONDS}", *operations)


def _tests(folder: str) -> Callable[[Mutant], Sequence[str]]:
    ignored = [f"--ignore={path}" for path in OWN_TESTS]
    return lambda mutant: ("pytest", folder, "--exitfirst", "--durations=0", "--durations-min=30", *ignored)


LAYERS = (
    Layer("mypy", _types, TEST_PATIENCE_SECONDS),
    Layer("fuzz", _fuzz, FUZZ_SECONDS + FUZZ_PATIENCE_SECONDS),
    Layer("contract tests", _tests("tests/contract"), TEST_PATIENCE_SECONDS),
    Layer("unit tests", _tests("tests/unit"), TEST_PATIENCE_SECONDS),
)
