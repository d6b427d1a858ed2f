"""Kill a server under load again and again, and audit what it has stored."""

import signal
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import orjson

from tests.faults import content
from tests.faults.audit import FAULTS, audit
from tests.faults.calls import RESPONSE_SECONDS, Caller, check
from tests.faults.load import Client, Model, Sizes
from tests.faults.server_under_test import ServerUnderTest, Target

REACH_SECONDS = 120
# At rest: the files of the store, a few connections to the catalog, and one of each client.
MAX_DESCRIPTORS = 80


@dataclass(frozen=True)
class Workload:
    """Clients of every kind: of events with and without ids, of a dataset, and of a second model."""

    clients: list[Client]
    models: list[Model]

    def resume(self) -> None:
        for client in self.clients:
            client.resume()

    def pause(self) -> None:
        """Wait until every request has its response and every job has ended."""
        for client in self.clients:
            client.pause()
        for client in self.clients:
            client.await_idle()

    def end(self) -> None:
        for client in self.clients:
            client.end()
        for client in self.clients:
            client.join(RESPONSE_SECONDS)

    def is_doing(self, *kinds: str) -> bool:
        return any(client.doing in kinds for client in self.clients)

    def check(self) -> None:
        """Raise the failure of a client, if there is one."""
        for client in self.clients:
            if client.failure:
                raise AssertionError(client.failure)

    def counts(self) -> Counter[str]:
        return sum((client.counts for client in self.clients), Counter())

    @property
    def acknowledged(self) -> int:
        """The number of events that were published and acknowledged so far."""
        counts = self.counts()
        return counts["events published in lists"] + counts["events published in files"]


def start_workload(server: Target, seed: int, sizes: Sizes) -> Workload:
    """Create the models, and start clients that wait for `resume`."""
    models = [_model(server, has_ids=True), _model(server, has_ids=True), _model(server, has_ids=False)]
    first, second, nameless = models
    places = [(first, False), (first, False), (second, False), (nameless, False), (first, True)]
    clients = [
        Client(server, model, number, seed, sizes, in_dataset) for number, (model, in_dataset) in enumerate(places)
    ]
    for client in clients:
        client.start()
    return Workload(clients, models)


def _model(server: Target, has_ids: bool) -> Model:
    fields = {"event_id_col": "id" if has_ids else None, "event_ts_col": "time"}
    schema = {"columns": content.columns(0)}
    return Model(server.create_model(schema=schema, spec=content.SPEC, **fields), has_ids)


class CrashSchedule:
    """Kill a server under load at chosen moments, and count kills, stops and audits in `counts`."""

    def __init__(self, server: ServerUnderTest, seed: int, sizes: Sizes, scratch: Path, counts: Counter[str]) -> None:
        self.counts = counts
        self._server = server
        self._rng = np.random.default_rng([seed, 999])
        self._scratch = scratch
        self._caller = Caller(server, np.random.default_rng([seed, 998]))
        self._changes = ThreadPoolExecutor(1)
        self._change: Future[None] | None = None
        self._workload = start_workload(server, seed, sizes)
        self._moments: dict[str, Callable[[], None]] = {
            "load": self._at_any_moment,
            "file job": lambda: self._when_doing("publish_file", "label_file", most_ms=1500),
            "update": lambda: self._when_doing("label", most_ms=15),
            "delete": lambda: self._when_doing("delete_ids", "delete_range", most_ms=30),
            "schema change": self._at_schema_change,
            "checkpoint": self._at_checkpoint,
            "start-up": self._at_start,
        }
        self.moments = [str(moment) for moment in self._rng.permutation(list(self._moments))]

    def run(self, kills: int, events: int, audit_every: int) -> None:
        """Kill the server `kills` times while `events` events are published.

        Each moment is equally frequent, in an order by the seed. After each round of them, and at the end, the server
        is stopped with SIGTERM.
        """
        self._workload.resume()
        for number in range(kills):
            self._publish_until(events * (number + 1) // kills)
            self.kill(self.moments[number % len(self.moments)])
            if (number + 1) % len(self.moments) == 0 or number + 1 == kills:
                self.stop()
            if (number + 1) % audit_every == 0 or number + 1 == kills:
                self.audit()

    def kill(self, moment: str) -> None:
        """Kill the server at a moment of a kind, and start it again."""
        self._moments[moment]()
        self._server.kill()
        self._server.start()
        self._await_change()
        self.counts[f"kills: {moment}"] += 1
        self._workload.check()

    def stop(self) -> None:
        """Stop the server under load as a supervisor would, and start it again."""
        check(self._server.stop() == -signal.SIGTERM, "the server does not end by SIGTERM")
        self._server.start()
        self.counts["stops under load"] += 1

    def audit(self) -> None:
        """Pause all clients, compare, and resume them. Raises Wrong if something differs."""
        self._workload.pause()
        found = audit(self._server, self._workload.clients, self._scratch)
        self.counts.update(found)
        self.counts["audits"] += 1
        check(not any(found[fault] for fault in FAULTS), f"an audit found {dict(found)}")
        held = self._server.usage().descriptors
        check(held < MAX_DESCRIPTORS, f"the server holds {held} file descriptors without a request")
        self._workload.resume()

    def close(self) -> None:
        """End the load and complete the report."""
        self._workload.end()
        self._changes.shutdown()
        self._caller.close()
        self.counts.update(self._workload.counts())
        self.counts["events acknowledged"] += self._workload.acknowledged
        self.counts["kills"] += sum(count for name, count in self.counts.items() if name.startswith("kills: "))
        self.counts["alarms in the server's log"] += len(self._server.alarms())

    def _publish_until(self, events: int) -> None:
        while self._workload.acknowledged < events:
            self._workload.check()
            time.sleep(0.05)

    def _at_any_moment(self) -> None:
        self._sleep(most_ms=1500)

    def _when_doing(self, *kinds: str, most_ms: float) -> None:
        self._until(lambda: not self._workload.is_doing(*kinds))
        self._until(lambda: self._workload.is_doing(*kinds))
        self._sleep(most_ms)

    def _at_schema_change(self) -> None:
        """Add a column in another thread, because the response may come from the next process, and kill soon."""
        self._change = self._changes.submit(self._add_column)
        self._sleep(most_ms=60)

    def _add_column(self) -> None:
        model = self._workload.models[self.counts["columns added"] % len(self._workload.models)]
        body = orjson.dumps({"schema": {"columns": content.columns(model.extras + 1)}})
        self._caller.settle("PATCH", f"/v3/models/{model.id}", body)
        model.extras += 1
        self.counts["columns added"] += 1

    def _await_change(self) -> None:
        if self._change is not None:
            self._change.result()
            self._change = None

    def _at_checkpoint(self) -> None:
        """Wait until the database's own file is written, which only a checkpoint does, and kill within it."""
        before = self._database_written()
        self._until(lambda: self._database_written() != before)
        self._sleep(most_ms=40)

    def _at_start(self) -> None:
        self._server.kill()
        self.counts["kills: load"] += 1
        self._server.launch()
        self._sleep(most_ms=2500)

    def _database_written(self) -> int:
        return (self._server.data_dir / "events.duckdb").stat().st_mtime_ns

    def _until(self, holds: Callable[[], bool]) -> None:
        deadline = time.monotonic() + REACH_SECONDS
        while not holds():
            check(time.monotonic() < deadline, "the moment to kill at does not come")
            time.sleep(0.001)

    def _sleep(self, most_ms: float) -> None:
        time.sleep(float(self._rng.uniform(0, most_ms)) / 1000)
