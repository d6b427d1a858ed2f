"""Replicas on PostgreSQL: the same work by one, two and four of them, and by the store without a server.

All replicas run all the time, and rounds alternate, so that their rates can be compared. Clients reach replicas without
a proxy, which would cost more than they do.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from statistics import median
from time import perf_counter
from typing import Any

from tests.bench import copying, workload
from tests.bench.case import Bench
from tests.bench.copying import Commit
from tests.bench.load import Load
from tests.bench.report import Row, p50, percentile
from tests.bench.server import Client, Usage, measured
from tests.bench.stored_events import BATCH, deletions, fill, requests_by_id
from tests.bench.writers import Environment, Writers, find_environment, writing
from tests.e2e.process import TOKEN, client_of
from tests.servers.cluster import Cluster

NUMBERS = (1, 2, 4)
MOST = max(NUMBERS)
# As docs/scale-out.md recommends, with less WAL. Four replicas may use 84 connections.
SETTINGS: dict[str, str | int] = {"checkpoint_timeout": "30min", "max_wal_size": "4GB", "max_connections": 200}
FIRST_SHARE = 5
CHUNK_ROWS = 10_000
CHUNKS = 10
TRANSACTIONS = 20
BUSY_WRITERS = 4
MAX_FILE_ROWS = 100_000


class Replicas(Client):
    """Requests to replicas of a cluster. Those that are not measured go to the first replica."""

    def __init__(self, cluster: Cluster) -> None:
        super().__init__(client_of(cluster.urls[0]))
        self.cluster = cluster
        self.database = cluster.postgres.url()

    def measured(self, number: int = MOST) -> AbstractContextManager[Usage]:
        """Measure the usage of some replicas in sum within the block."""
        return measured([replica.pid for replica in self.cluster.replicas[:number]])

    def wal(self) -> int:
        """Return the bytes of WAL that the database has written."""
        return self._number("pg_current_wal_insert_lsn() - '0/0'::pg_lsn")

    def size(self) -> int:
        """Return the bytes of the events and their indexes."""
        return self._number("pg_total_relation_size('events')")

    def _number(self, expression: str) -> int:
        [[number]] = self.cluster.postgres.execute(f"SELECT {expression}")
        return int(number)


@dataclass
class Model:
    """The model under load, and the number of rows of the workload that were stored."""

    bench: Bench
    replicas: Replicas
    id: str
    stored: int = 0

    def take(self, rows: int) -> int:
        """Return the first of `rows` rows of the workload that are not stored yet."""
        self.stored += rows
        return self.stored - rows

    def publishes(self, requests: int, size: int = BATCH) -> list[bytes]:
        """Return publishes of new rows."""
        bodies = workload.publish_bodies(self.id, self.take(requests * size), requests, size)
        return self.replicas.publish_requests(bodies)

    def send(self, number: int, requests: Sequence[bytes], connections: int) -> Load:
        """Send requests to a number of replicas."""
        return self.bench.generator.run(self.replicas.cluster.urls[:number], requests, connections)

    @property
    def environment(self) -> Environment:
        return find_environment(self.replicas.database, self.id)

    def copy(self, count: int, size: int, connections: int) -> Load:
        """Commit as many new rows with COPY, straight into the table."""
        return self.commit(count, size, connections, copying.copy)

    def commit(self, count: int, size: int, connections: int, commit: Commit) -> Load:
        database = self.replicas.database
        return copying.commit_all(
            database, copying.new_rows(database, self.environment.number, count, size), connections, commit
        )


def replicas(bench: Bench) -> Iterator[Row]:
    """Measure one, two and four replicas on PostgreSQL."""
    with _started(bench) as started:
        model = Model(bench, started, started.create_model(**workload.model_fields()))
        _fill(model, bench.rows // FIRST_SHARE)
        smaller = _by_id(model, 1)
        yield from _fill(model, bench.rows)
        yield from _publishes(model)
        yield from _singles(model)
        with writing(started.database, model.environment, MOST) as writers:
            yield from _transactions(model, writers)
        yield from _requests_by_id(model, smaller)
        yield from _acceptance(model)
        yield from _files(model)
        yield from _download(model)
        yield from _wal(model)
        for row in deletions(started, model.id, bench.rows):
            row.work = f"PostgreSQL: {row.work}"
            yield row


@contextmanager
def _started(bench: Bench) -> Iterator[Replicas]:
    folder = bench.folder / "replicas"
    folder.mkdir()
    cluster = Cluster(folder, TOKEN)
    cluster.postgres.settings |= SETTINGS
    try:
        cluster.start(MOST)
        started = Replicas(cluster)
        with closing(started.client):
            yield started
    finally:
        cluster.stop()


def _fill(model: Model, wanted: int) -> list[Row]:
    """Publish files until `wanted` rows are stored."""
    server, stored = model.replicas, model.stored
    rows, wal, size = wanted - stored, server.wal(), server.size()
    with server.measured() as usage:
        rate = rows / fill(model.bench.folder, server, model.id, model.take(rows), wanted)
    wal, size = server.wal() - wal, server.size() - size
    copied = CHUNK_ROWS * model.copy(CHUNKS, min(CHUNK_ROWS, rows // CHUNKS), 1).rate
    work = f"PostgreSQL: FILE publish, {rows:,} rows, parquet"
    return [
        Row(work, rate, "rows/s", copied, "COPY, 10,000 rows a commit", usage=usage),
        Row(f"{work}: WAL an event", wal / rows / 1000, "kB"),
        Row(f"{work}: disk an event, with indexes", size / rows / 1000, "kB"),
    ]


@dataclass
class Rounds:
    """Loads of each work in rounds that alternate. The first round is a warm-up."""

    loads: dict[str, list[Load]] = field(default_factory=lambda: defaultdict(list))

    def rate(self, work: str) -> float:
        return median(load.rate for load in self.loads[work])

    def latencies(self, work: str) -> list[float]:
        return [latency for load in self.loads[work] for latency in load.latencies]


def _publishes(model: Model) -> Iterator[Row]:
    """Publish 1,000 events a request over 8 connections."""
    works, usages = _alternate(model, model.bench.publishes // 4, BATCH, 8, 8)
    copied, first = BATCH * works.rate("COPY"), BATCH * works.rate(_name(1))
    for number in NUMBERS:
        name = _name(number)
        work, rate = f"{name}: POST of 1,000 events x 20 columns, 8 connections", BATCH * works.rate(name)
        yield Row(work, rate, "events/s", budget=">= 30000", latencies=works.latencies(name), usage=usages[name])
        yield Row(work, rate, "events/s", copied, "COPY, 8 connections")
        if number > 1:
            yield Row(work, rate, "events/s", first, _name(1))


def _singles(model: Model) -> Iterator[Row]:
    """Publish one event a request over 64 connections."""
    works, usages = _alternate(model, model.bench.singles, 1, 64, 8)
    for number in NUMBERS:
        name = _name(number)
        work, latencies = f"{name}: POST of 1 event, 64 connections", works.latencies(name)
        copied = works.rate("COPY")
        yield Row(work, works.rate(name), "requests/s", copied, "COPY, a commit each", "", latencies, usages[name])
        yield Row(f"{work}: p99", 1000 * percentile(latencies, 99), "ms", 1000 * p50(latencies), "its p50")


def _alternate(
    model: Model, requests: int, size: int, connections: int, copies: int
) -> tuple[Rounds, Mapping[str, Usage]]:
    """Publish by each number of replicas and by COPY in rounds."""
    rounds, usages = Rounds(), defaultdict[str, Usage](Usage)
    for turn in range(model.bench.rounds + 1):
        loads = {"COPY": model.copy(requests, size, copies)}
        for number in NUMBERS:
            messages = model.publishes(requests, size)
            with model.replicas.measured(number) as usage:
                loads[_name(number)] = model.send(number, messages, connections)
            usages[_name(number)] += usage
        for name, load in loads.items():
            if turn > 0:
                rounds.loads[name].append(load)
    return rounds, usages


def _transactions(model: Model, writers: Writers) -> Iterator[Row]:
    """Commit 1,000 events a transaction with the store, by one, two and four processes that write to one model."""
    rounds = Rounds()
    bare = copying.insert(model.environment.number)
    for turn in range(model.bench.rounds + 1):
        loads = {"COPY": model.copy(TRANSACTIONS, BATCH, 1)}
        for number in NUMBERS:
            loads[f"bare {number}"] = model.commit(TRANSACTIONS * number, BATCH, number, bare)
            rows = model.take(number * TRANSACTIONS * BATCH)
            loads[f"{number}"] = writers.run(number, rows, TRANSACTIONS, BATCH)
        for name, load in loads.items():
            if turn > 0:
                rounds.loads[name].append(load)
    yield from _transaction_rows(rounds)


def _transaction_rows(rounds: Rounds) -> Iterator[Row]:
    latencies, copied = rounds.latencies("1"), rounds.latencies("COPY")
    work = "store, no server: 1,000 events a transaction, all rules"
    yield Row(work, 1000 * p50(latencies), "ms p50", 1000 * p50(copied), "COPY", "<= 1.6", latencies)
    first = BATCH * rounds.rate("1")
    for number, budget in zip(NUMBERS, (">= 0.75", ">= 0.85", ""), strict=True):
        writers, rate = f"{work}, {number} writers", BATCH * rounds.rate(f"{number}")
        yield Row(writers, rate, "events/s", BATCH * rounds.rate(f"bare {number}"), "bare insert", budget)
        if number > 1:
            yield Row(writers, rate, "events/s", first, "1 writer", ">= 1.5")


def _by_id(model: Model, number: int) -> dict[str, list[float]]:
    """Return the latencies of requests about 1,000 ids, of which as many run at once as replicas get them."""
    latencies = defaultdict[str, list[float]](list)
    for turn in range(model.bench.repeats + 1):
        at_once = defaultdict[str, list[bytes]](list)
        for one in range(number):
            note = f"by {number} replicas, {turn}, {one}"
            for kind, request in requests_by_id(model.replicas, model.id, model.take(BATCH), note):
                at_once[kind].append(request)
        for kind, requests in at_once.items():
            load = model.send(number, requests, number)
            if turn > 0:
                latencies[kind] += load.latencies
    return latencies


def _requests_by_id(model: Model, smaller: Mapping[str, Sequence[float]]) -> Iterator[Row]:
    budgets = {"PATCH, recent ids": "<= 1", "PATCH, scattered ids": "<= 2"}
    at = f"at {model.bench.rows:,} rows"
    for number in NUMBERS:
        taken = _by_id(model, number)
        medians = {kind: 1000 * p50(latencies) for kind, latencies in taken.items()}
        for kind, measure in medians.items():
            row = partial(Row, f"{_name(number)}: {kind}, 1,000 events, {at}", measure, "ms p50")
            if kind != "fresh POST":
                budget = budgets.get(kind, "<= 1.2")
                yield row(medians["fresh POST"], "fresh POST", budget, taken[kind])
            if number == 1:
                first = 1000 * p50(smaller[kind])
                yield row(first, f"at {model.bench.rows // FIRST_SHARE:,} rows", "<= 2", taken[kind])
            elif kind == "fresh POST":
                yield row(latencies=taken[kind])


def _acceptance(model: Model) -> Iterator[Row]:
    """Accept jobs while writers are busy, and start jobs while nothing else runs."""
    accepted, jobs = list[float](), list[Any]()
    with ThreadPoolExecutor(1) as pool:
        load = pool.submit(model.send, MOST, model.publishes(model.bench.publishes), BUSY_WRITERS)
        while not load.done():
            started = perf_counter()
            jobs.append(_delete_nothing(model.replicas, model.id))
            accepted.append(perf_counter() - started)
        load.result()
    for job in jobs:
        model.replicas.wait_for(job)
    work = f"acceptance of a job under {BUSY_WRITERS} busy writers, p99"
    yield Row(work, 1000 * percentile(accepted, 99), "ms", budget="<= 250", latencies=accepted)
    starts = [_seconds_until_start(model.replicas, model.id) for _ in range(model.bench.repeats)]
    yield Row("from there to its start, idle replicas, p99", 1000 * percentile(starts, 99), "ms", budget="<= 50")


def _delete_nothing(server: Client, model_id: str) -> str:
    job: str = server.call("DELETE", "/v3/events", json={"model_id": model_id, "event_ids": ["none"]})["job"]["id"]
    return job


def _seconds_until_start(server: Client, model_id: str) -> float:
    job = server.wait_for(_delete_nothing(server, model_id))
    created, started = (datetime.fromisoformat(job[name]) for name in ("created_at", "started_at"))
    return (started - created).total_seconds()


def _files(model: Model) -> Iterator[Row]:
    """Publish one, two and four files at once, each to a model of its own."""
    server, source = model.replicas, model.bench.folder / "at_once.parquet"
    rows = min(MAX_FILE_ROWS, model.bench.file_rows)
    workload.write_file(source, 0, rows)
    with server.measured(1) as upload:
        file_id = server.upload(source)
    first = 0.0
    for number in NUMBERS:
        models = [server.create_model(**workload.model_fields()) for _ in range(number)]
        with server.measured() as usage:
            rate = number * rows / _publish_at_once(server, models, file_id)
        first = first or rate
        work = f"PostgreSQL: {number} FILE publishes of {rows:,} rows at once, {MOST} replicas"
        yield Row(work, rate, "rows/s", first, "one of them", usage=usage)
    size = source.stat().st_size / 2**20
    yield Row(f"PostgreSQL: upload of {size:.0f} MiB: growth of RSS", upload.grown, "MiB", budget="<= 100")


def _publish_at_once(server: Client, models: Sequence[str], file_id: str) -> float:
    source, started = {"type": "FILE", "file_id": file_id}, perf_counter()
    for job_id in [server.publish(model_id, source)["job"]["id"] for model_id in models]:
        job = server.wait_for(job_id, 600)
        assert job["status"] == "SUCCESS", job
    return perf_counter() - started


def _download(model: Model) -> Iterator[Row]:
    target, rows = model.bench.folder / "got.parquet", model.bench.file_rows
    with model.replicas.measured(1) as usage:
        rates = [rows / model.replicas.download(model.id, target, rows) for _ in range(model.bench.rounds // 2)]
    work = f"PostgreSQL: download of {rows:,} rows as Parquet"
    yield Row(work, median(rates), "rows/s", budget=">= 200000", usage=usage)


def _wal(model: Model) -> Iterator[Row]:
    """Measure the WAL of fresh events with random ids, and with the server's own, which are in the order of time."""
    keyless = Model(model.bench, model.replicas, model.replicas.create_model(**_without_id()))
    for one, ids, budget in ((model, "random ids", ""), (keyless, "the server's ids", "<= 1")):
        requests = one.publishes(one.bench.publishes // 4)
        before = one.replicas.wal()
        one.send(MOST, requests, 8)
        written = one.replicas.wal() - before
        yield Row(
            f"PostgreSQL: WAL of a fresh event, {ids}", written / len(requests) / BATCH / 1000, "kB", budget=budget
        )


def _without_id() -> dict[str, Any]:
    return workload.model_fields() | {"event_id_col": None}


def _name(number: int) -> str:
    return "1 replica" if number == 1 else f"{number} replicas"
