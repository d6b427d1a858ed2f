"""Measure the running server against its floors and budgets: `python -m tests.bench`."""

import signal
import sys
from argparse import ArgumentParser
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.bench import report
from tests.bench.case import Bench
from tests.bench.cases import CASES
from tests.bench.load import Generator

BUILT = Path("build/bench")


def main() -> None:
    """Run the cases, and write the report to standard output and to `build/bench`."""
    parser = ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few rounds and rows, to see that all works")
    parser.add_argument("--rows", type=int, help="most stored rows (default 2,000,000; 200,000 with --quick)")
    parser.add_argument("--only", choices=CASES, action="append", help="run only this case; may be repeated")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, _end)
    BUILT.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=BUILT) as folder, Generator() as generator:
        bench = _bench(Path(folder), generator, options.quick, options.rows)
        rows: list[report.Row] = []
        for name in options.only or CASES:
            for row in CASES[name](bench):
                print(" | ".join(row.cells()), file=sys.stderr, flush=True)  # noqa: T201
                rows.append(row)
    print(report.write(BUILT, rows, bench.sizes))  # noqa: T201


def _end(*_: object) -> None:
    """End the run with the servers of its case. Some senders signal a process and then its whole group."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    sys.exit(1)


def _bench(folder: Path, generator: Generator, quick: bool, rows: int | None) -> Bench:
    if quick:
        return Bench(folder, generator, rows or 200_000, rounds=2, publishes=24, singles=640, repeats=5)
    return Bench(folder, generator, rows or 2_000_000, rounds=5, publishes=160, singles=1600, repeats=20)


if __name__ == "__main__":
    main()
