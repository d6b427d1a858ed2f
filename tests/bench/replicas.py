"""Replicas on PostgreSQL: the same work by one, two and four of them, and by the store without a server.

All replicas run all the time, and rounds alternate, so that their rates can be compared. Clients reach replicas without
a proxy, because the one of the tests costs more than replicas do.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from statistics import median
from time import perf_counter
from typing import TypeAlias

from tests.bench import workload
from tests.bench.case import Bench
from tests.bench.cluster import MOST, NUMBERS, Model, running
from tests.bench.load import Rounds
from tests.bench.report import Row, p50, percentile
from tests.bench.server import MAX_JOB_SECONDS, Client, Usage
from tests.bench.stored_events import BATCH, deletions, fill, requests_by_id
from tests.bench.transactions import transactions

# Requests by id are compared with those at this part of the rows.
FIRST_SHARE = 5
CHUNK_ROWS = 10_000
CHUNKS = 5
BUSY_WRITERS = 4
MAX_FILE_ROWS = 50_000

# By kind of request, in seconds.
Latencies: TypeAlias = Mapping[str, Sequence[float]]


def replicas(bench: Bench) -> Iterator[Row]:
    """Measure one, two and four replicas on PostgreSQL."""
    with running(bench) as started:
        model = Model(bench, started, started.create_model(**workload.model_fields()))
        yield from _growth(model)
        yield from _publishes(model)
        yield from _singles(model)
        yield from _acceptance(model)
        yield from _files(model)
        yield from _download(model)
        yield from _wal(model)
        yield from transactions(model)
        for row in deletions(started, model.id, bench.rows):
            row.work = f"PostgreSQL: {row.work}"
            yield row


def _growth(model: Model) -> Iterator[Row]:
    """Fill the model, and measure requests by id at two sizes."""
    server, bench = model.replicas, model.bench
    few = bench.rows // FIRST_SHARE
    fill(bench.folder, server, model.id, model.take(few), few)
    [smaller] = _by_id(model, [1]).values()
    yield from _fill(model)
    for number, taken in _by_id(model, NUMBERS).items():
        yield from _against_fresh(number, taken, smaller if number == 1 else {}, bench.rows)


def _fill(model: Model) -> Iterator[Row]:
    """Publish files until all rows of the run are stored."""
    server, rows = model.replicas, model.bench.rows - model.stored
    wal, size = server.wal(), server.size()
    with server.measured() as usage:
        rate = rows / fill(model.bench.folder, server, model.id, model.take(rows), model.bench.rows)
    wal, size = server.wal() - wal, server.size() - size
    chunk = min(CHUNK_ROWS, model.bench.rows // CHUNKS)
    copied = chunk * model.copy(CHUNKS, chunk, 1).rate
    work = f"PostgreSQL: FILE publish, {rows:,} rows, parquet"
    yield Row(work, rate, "rows/s", copied, f"COPY, {chunk:,} rows a commit", usage=usage)
    yield Row(f"{work}: WAL an event", wal / rows / 1000, "kB")
    yield Row(f"{work}: disk an event, with indexes", size / rows / 1000, "kB")


def _by_id(model: Model, numbers: Sequence[int]) -> Mapping[int, Latencies]:
    """Return the latencies of requests about 1,000 ids by number of replicas and kind.

    Each of the replicas has one such request at a time.
    """
    taken = {number: defaultdict[str, list[float]](list) for number in numbers}
    for turn in range(model.bench.repeats + 1):
        for number in numbers:
            at_once = defaultdict[str, list[bytes]](list)
            for one in range(number):
                note = f"by {number} replicas, {turn}, {one}"
                for kind, request in requests_by_id(model.replicas, model.id, model.take(BATCH), note):
                    at_once[kind].append(request)
            for kind, requests in at_once.items():
                latencies = model.send(number, requests, number).latencies
                if turn > 0:
                    taken[number][kind] += latencies
    return taken


def _against_fresh(number: int, taken: Latencies, smaller: Latencies, rows: int) -> Iterator[Row]:
    budgets = {"PATCH, recent ids": "<= 1", "PATCH, scattered ids": "<= 2"}
    fresh = 1000 * p50(taken["fresh POST"])
    for kind, latencies in taken.items():
        measured = 1000 * p50(latencies)
        row = partial(Row, f"{_name(number)}: {kind}, 1,000 events, at {rows:,} rows", measured, "ms p50")
        if kind == "fresh POST":
            yield row(latencies=latencies)
        else:
            yield row(fresh, "fresh POST", budgets.get(kind, "<= 1.2"), latencies)
        if kind in smaller:
            yield row(1000 * p50(smaller[kind]), f"at {rows // FIRST_SHARE:,} rows", "<= 2")


def _publishes(model: Model) -> Iterator[Row]:
    """Publish 1,000 events a request over 8 connections."""
    rounds, usages = _alternate(model, model.bench.publishes // 5, BATCH, 8)
    for number in NUMBERS:
        name = _name(number)
        work, rate = f"{name}: POST of 1,000 events x 20 columns, 8 connections", BATCH * rounds.rate(name)
        yield Row(work, rate, "events/s", budget=">= 30000", latencies=rounds.latencies(name), usage=usages[name])
        yield Row(work, rate, "events/s", BATCH * rounds.rate("COPY"), "COPY, 8 connections")
        if number > 1:
            yield Row(work, rate, "events/s", BATCH * rounds.rate(_name(1)), _name(1))


def _singles(model: Model) -> Iterator[Row]:
    """Publish one event a request over 64 connections."""
    rounds, usages = _alternate(model, model.bench.singles, 1, 64)
    for number in NUMBERS:
        name = _name(number)
        work, latencies, rate = f"{name}: POST of 1 event, 64 connections", rounds.latencies(name), rounds.rate(name)
        yield Row(work, rate, "requests/s", rounds.rate("COPY"), "COPY, 8 connections", "", latencies, usages[name])
        if number > 1:
            yield Row(work, rate, "requests/s", rounds.rate(_name(1)), _name(1))


def _alternate(model: Model, requests: int, size: int, connections: int) -> tuple[Rounds, Mapping[str, Usage]]:
    """Publish by each number of replicas and by COPY in rounds; return also the usage of the replicas."""
    rounds, usages = Rounds(), defaultdict[str, Usage](Usage)
    for turn in range(model.bench.rounds + 1):
        loads = {"COPY": model.copy(requests, size, 8)}
        for number in NUMBERS:
            messages = model.publishes(requests, size)
            with model.replicas.measured(number) as usage:
                loads[_name(number)] = model.send(number, messages, connections)
            if turn > 0:
                usages[_name(number)] += usage
        if turn > 0:
            rounds.add(loads)
    return rounds, usages


def _acceptance(model: Model) -> Iterator[Row]:
    """Accept jobs while writers are busy, and start jobs while nothing else runs."""
    accepted, jobs = list[float](), list[str]()
    with ThreadPoolExecutor(1) as pool:
        load = pool.submit(model.send, MOST, model.publishes(model.bench.publishes), BUSY_WRITERS)
        while not load.done():
            started = perf_counter()
            jobs.append(_delete_nothing(model.replicas, model.id))
            accepted.append(perf_counter() - started)
        load.result()
    for job in jobs:
        model.replicas.wait_for(job, MAX_JOB_SECONDS)
    work = f"PostgreSQL: acceptance of a job under {BUSY_WRITERS} busy writers, p99"
    yield Row(work, 1000 * percentile(accepted, 99), "ms", budget="<= 250", latencies=accepted)
    starts = [_seconds_until_start(model.replicas, model.id) for _ in range(5 * model.bench.repeats)]
    work = "PostgreSQL: wake-up of a replica and claim of the job, p99"
    yield Row(work, 1000 * percentile(starts, 99), "ms", budget="<= 70", latencies=starts)


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
    workload.write_file(source, 0, model.bench.file_rows)
    with server.measured(1) as upload:
        server.upload(source)
    work = f"PostgreSQL: upload of {source.stat().st_size / 2**20:.0f} MiB: growth of RSS"
    yield Row(work, upload.grown, "MiB", budget="<= 100")
    rows, first = min(MAX_FILE_ROWS, model.bench.file_rows), 0.0
    workload.write_file(source, 0, rows)
    file_id = server.upload(source)
    for number in NUMBERS:
        models = [server.create_model(**workload.model_fields()) for _ in range(number)]
        with server.measured() as usage:
            rate = number * rows / _publish_at_once(server, models, file_id)
        first = first or rate
        work = f"{MOST} replicas: FILE publish of {rows:,} rows, parquet, to {number} model{'s' * (number > 1)} at once"
        yield Row(work, rate, "rows/s", first, "to 1 model", usage=usage)


def _publish_at_once(server: Client, models: Sequence[str], file_id: str) -> float:
    """Return the seconds until all jobs have succeeded."""
    source, started = {"type": "FILE", "file_id": file_id}, perf_counter()
    for job_id in [server.publish(model_id, source)["job"]["id"] for model_id in models]:
        job = server.wait_for(job_id, MAX_JOB_SECONDS)
        assert job["status"] == "SUCCESS", job
    return perf_counter() - started


def _download(model: Model) -> Iterator[Row]:
    """Download all events of a model, because a sample of them reads the others too."""
    server, target, rows = model.replicas, model.bench.folder / "got.parquet", model.bench.file_rows
    model_id = server.create_model(**workload.model_fields())
    fill(model.bench.folder, server, model_id, 0, rows)
    with server.measured(1) as usage:
        rates = [rows / server.download(model_id, target, rows) for _ in range(model.bench.rounds // 2)]
    work = f"PostgreSQL: download of {rows:,} rows as Parquet"
    yield Row(work, median(rates), "rows/s", budget=">= 200000", usage=usage)


def _wal(model: Model) -> Iterator[Row]:
    """Measure the WAL of fresh events with random ids, and with the server's own, which are in the order of time."""
    fields = workload.model_fields() | {"event_id_col": None}
    without_ids = Model(model.bench, model.replicas, model.replicas.create_model(**fields))
    for one, ids, budget in ((model, "random ids", ""), (without_ids, "ids in the order of time", "<= 1")):
        requests = one.publishes(one.bench.publishes // 4)
        before = one.replicas.wal()
        one.send(MOST, requests, 8)
        kilobytes = (one.replicas.wal() - before) / len(requests) / BATCH / 1000
        yield Row(f"PostgreSQL: WAL of a fresh event, {ids}", kilobytes, "kB", budget=budget)


def _name(number: int) -> str:
    return "1 replica" if number == 1 else f"{number} replicas"
