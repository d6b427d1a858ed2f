"""Plant each mutant in a copy of the tree, and print which check catches it.

Run as `python -m tools.mutants [--jobs 2] [NAME ...]`. Exits 1 if a mutant survives, and 2 if a mutant no
longer fits the code or a check fails without one.
"""

import argparse
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from tempfile import TemporaryDirectory

from tools.mutants.layers import LAYERS, Layer, Processes
from tools.mutants.planting import Mutant, StaleMutant, load_mutants

ROOT = Path(__file__).resolve().parents[2]
# The code without a bug: a check that fails here catches nothing.
CONTROL = "no mutant"


@dataclass(frozen=True)
class Verdict:
    """The layer that caught a mutant, empty if none did, and the seconds that it took."""

    name: str
    caught_by: str
    seconds: float

    def __str__(self) -> str:
        nothing = "passes" if self.name == CONTROL else "SURVIVED"
        return f"{self.name:44} {self.caught_by or nothing:16} {self.seconds:5.0f} s"


class Laboratory:
    """Copies of the tree in `folder`, one for each mutant."""

    def __init__(self, folder: Path, copies: int, layers: Sequence[Layer], logs: Path) -> None:
        self.processes = Processes()
        self._layers = layers
        self._logs = logs
        self._trees: SimpleQueue[Path] = SimpleQueue()
        for number in range(copies):
            self._trees.put(_copy(folder / str(number)))

    def judge(self, mutant: Mutant | None) -> Verdict:
        """Run the layers until one fails; without a mutant, on the code as it is."""
        with self._tree() as tree, _planted(mutant, tree):
            start = time.monotonic()
            subject = mutant or Mutant(CONTROL, (), (), "", "", "", "")
            log = self._logs / f"{subject.name.replace(' ', '-')}.log"
            log.unlink(missing_ok=True)
            caught = next(
                (layer.name for layer in self._layers if layer.catches(subject, tree, log, self.processes)), ""
            )
            return Verdict(subject.name, caught, time.monotonic() - start)

    @contextmanager
    def _tree(self) -> Iterator[Path]:
        tree = self._trees.get()
        try:
            yield tree
        finally:
            self._trees.put(tree)


@contextmanager
def _planted(mutant: Mutant | None, tree: Path) -> Iterator[None]:
    if mutant is None:
        yield
        return
    path, mutated = tree / mutant.file, mutant.mutated(tree)
    original = path.read_text()
    path.write_text(mutated)
    try:
        yield
    finally:
        path.write_text(original)


def _copy(tree: Path) -> Path:
    """Copy the files that Git tracks or would track, with the caches of mypy, which save it a minute."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout
    for name in filter(None, listed.split("\0")):
        source = ROOT / name
        if source.is_file() or source.is_symlink():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, tree / name, follow_symlinks=False)
    if (cache := ROOT / ".mypy_cache").is_dir():
        shutil.copytree(cache, tree / ".mypy_cache")
    return tree


def main() -> int:
    """Print a line for each mutant as soon as it is judged, and how many each layer caught."""
    # A supervisor's signal also ends the processes that were started.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="mutants to plant; all without a name")
    parser.add_argument("--jobs", type=int, default=2, help="mutants at a time")
    parser.add_argument("--layer", action="append", help="run this layer only (may be repeated)")
    parser.add_argument("--no-control", action="store_true", help="do not run the checks without a mutant, too")
    options = parser.parse_args()
    mutants = load_mutants(options.names)
    if stale := list(_stale(mutants)):
        _print("\n".join(stale))
        return 2
    layers = [layer for layer in LAYERS if not options.layer or layer.name in options.layer]
    logs = ROOT / "build" / "mutants"
    logs.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as folder:
        laboratory = Laboratory(Path(folder), options.jobs, layers, logs)
        try:
            return _judge_all(laboratory, mutants if options.no_control else [None, *mutants], options.jobs)
        except KeyboardInterrupt:
            return 130
        finally:
            laboratory.processes.end()


def _stale(mutants: Sequence[Mutant]) -> Iterator[str]:
    for mutant in mutants:
        try:
            mutant.mutated(ROOT)
        except StaleMutant as error:
            yield str(error)


def _judge_all(laboratory: Laboratory, mutants: Sequence[Mutant | None], jobs: int) -> int:
    verdicts = []
    with ThreadPoolExecutor(jobs) as pool:
        try:
            for judged in as_completed([pool.submit(laboratory.judge, mutant) for mutant in mutants]):
                verdict = judged.result()
                _print(str(verdict))
                if verdict.name != CONTROL:
                    verdicts.append(verdict)
                elif verdict.caught_by:
                    _print(f"The {verdict.caught_by} fails without a mutant, so it proves nothing")
                    return 2
        finally:
            laboratory.processes.end()
            pool.shutdown(cancel_futures=True)
    for layer in LAYERS:
        _print(f"{sum(verdict.caught_by == layer.name for verdict in verdicts):3} by {layer.name}")
    survivors = [verdict.name for verdict in verdicts if not verdict.caught_by]
    _print(f"{len(verdicts) - len(survivors)} of {len(verdicts)} caught")
    return 1 if survivors else 0


def _print(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
