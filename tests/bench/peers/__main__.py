"""Measure our server and its alternatives: `python -m tests.bench.peers`."""

import sys
from argparse import ArgumentParser
from collections.abc import Callable, Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.bench.load import Generator
from tests.bench.peers import report
from tests.bench.peers.datasette import Datasette
from tests.bench.peers.handmade import OnPostgreSQL, OnSQLite
from tests.bench.peers.influxdb import InfluxDB
from tests.bench.peers.mlflow import MLflow
from tests.bench.peers.ours import InferenceEvents
from tests.bench.peers.peer import Peer
from tests.bench.peers.phoenix import Phoenix
from tests.bench.peers.process import NotStarted
from tests.bench.peers.sessions import Plan, Record, SessionRunner

BUILT = Path("build/bench")
PEERS: dict[str, Callable[[Path], Peer]] = {
    "ours": InferenceEvents,
    "sqlite": OnSQLite,
    "postgresql": OnPostgreSQL,
    "phoenix": Phoenix,
    "mlflow": MLflow,
    "datasette": Datasette,
    "influxdb": InfluxDB,
}
DEFAULT = Plan(rounds=3, killed_batch=1000, patience=20, share=1)
QUICK = Plan(rounds=1, killed_batch=100, patience=5, share=0.2)


def main() -> None:
    """Measure the peers round by round, and write the report to standard output and to `build/bench/peers.md`."""
    parser = ArgumentParser(prog="python -m tests.bench.peers", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one round with little work, to see that all runs")
    parser.add_argument("--only", choices=PEERS, action="append", help="measure only this peer; may be repeated")
    options = parser.parse_args()
    plan = QUICK if options.quick else DEFAULT
    BUILT.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=BUILT) as folder, Generator() as generator:
        records = _records(Path(folder), options.only or PEERS)
        _run_rounds(records, plan, SessionRunner(plan, generator))
        print(report.write(BUILT, records, plan))  # noqa: T201


def _records(folder: Path, names: Iterable[str]) -> list[Record]:
    """Return a record for each peer that can run here."""
    # PostgreSQL runs as another user when this runs as root.
    folder.chmod(0o711)
    records = []
    for name in names:
        data = folder / name
        data.mkdir()
        try:
            peer = PEERS[name](data)
        except NotStarted as reason:
            _say(f"{name} is skipped: {reason}")
        else:
            records.append(Record(peer))
    return records


def _run_rounds(records: list[Record], plan: Plan, runner: SessionRunner) -> None:
    """Run a session with each peer in each round, every second round in reverse; drop a peer that does not start."""
    for number in range(plan.rounds):
        for record in records[:: -1 if number % 2 else 1]:
            try:
                runner.run(record)
            except NotStarted as reason:
                _say(f"{record.peer.name} is skipped: {reason}")
                records.remove(record)
            else:
                _say(f"round {number + 1}: {report.progress(record)}")


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
