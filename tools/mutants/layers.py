"""The checks that may catch a mutant, in the order in which a developer meets them."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
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


@dataclass(frozen=True)
class Layer:
    """One kind of check: `command` follows the interpreter, `patience` is in seconds."""

    name: str
    command: Callable[[Mutant], Sequence[str]]
    patience: float

    def catches(self, mutant: Mutant, tree: Path, log: Path) -> bool:
        """Return whether the check fails in `tree`, or does not end. Its output goes to `log`."""
        path = os.pathsep.join(str(tree / part) for part in ("server", "generated/api", "generated/client", "."))
        with log.open("ab") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", *self.command(mutant)],
                cwd=tree,
                env=os.environ | {"PYTHONPATH": path},
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            try:
                return process.wait(self.patience) != 0
            except subprocess.TimeoutExpired:
                return True
            finally:
                _end_group(process)


def _end_group(process: "subprocess.Popen[bytes]") -> None:
    """End what a check leaves behind: a server that hangs belongs to its process group."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
    process.wait()


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
