"""The cases: one function for each part of the budget table. Rounds alternate with those of the references."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from tests.bench import floors, workload
from tests.bench.alerts import alerts
from tests.bench.case import Bench
from tests.bench.console import console
from tests.bench.figures import figures, figures_cluster
from tests.bench.load import Rounds
from tests.bench.replicas import replicas
from tests.bench.report import Row, Size, p50, percentile
from tests.bench.server import Server, Usage, serving
from tests.bench.stored_events import BATCH, deletions, fill, requests_by_id

GROWTH_ROUNDS = 3
SHARES = (0.05, 0.25, 0.5, 1)


def disk(bench: Bench) -> Iterator[Row]:
    """Measure the sync rate of the disk: no single commit is faster."""
    latencies = floors.sync(bench.folder / "synced", seconds=1)
    yield Row("sync of the disk, 4 KiB", 1 / p50(latencies), "syncs/s", latencies=latencies)


def publish(bench: Bench) -> Iterator[Row]:
    """Publish 1,000 events a request over 8 connections."""
    rounds = _alternate(bench, bench.publishes, BATCH, 8)
    work = "POST of 1,000 events x 20 columns, 8 connections"
    rate, latencies = BATCH * rounds.rate("server"), rounds.latencies("server")
    starlette, commits = BATCH * rounds.rate("starlette"), BATCH * median(rounds.commits)
    yield Row(work, rate, "events/s", starlette, "Starlette", ">= 0.5", latencies, rounds.usage)
    yield Row(work, rate, "events/s", commits, "DuckDB, a commit each", ">= 0.5")
    yield _ceiling(rounds)


def single(bench: Bench) -> Iterator[Row]:
    """Publish one event a request over 64 connections."""
    rounds = _alternate(bench, bench.singles, 1, 64)
    work = "POST of 1 event, 64 connections"
    rate, latencies = rounds.rate("server"), rounds.latencies("server")
    commits, bare = median(rounds.commits), rounds.rate("starlette")
    yield Row(work, rate, "requests/s", commits, "DuckDB, a commit each", ">= 4", latencies, rounds.usage)
    yield Row(work, rate, "requests/s", bare, "Starlette")
    yield Row(f"{work}: p99", 1000 * percentile(latencies, 99), "ms", 1000 * p50(latencies), "its p50", "<= 5")
    yield _ceiling(rounds)


@dataclass
class PublishRounds(Rounds):
    """Rounds with DuckDB's commits a second, and the server's usage in all of them."""

    commits: list[float] = field(default_factory=list)
    usage: Usage = field(default_factory=Usage)


def _alternate(bench: Bench, requests: int, size: int, connections: int) -> PublishRounds:
    """Send the same bodies of `size` new events to the server and to the floors, round by round."""
    rounds = PublishRounds()
    with (
        serving(bench.folder / f"posts_of_{size}") as server,
        floors.running("starlette") as starlette,
        floors.running("raw") as raw,
    ):
        urls = {"server": server.url, "starlette": starlette, "raw": raw}
        model_id = server.create_model(**workload.model_fields())
        for number in range(bench.rounds + 1):
            start = number * requests * size
            messages = server.publish_requests(workload.publish_bodies(model_id, start, requests, size))
            with server.measured() as usage:
                loads = {name: bench.generator.run(url, messages, connections) for name, url in urls.items()}
            batches = workload.batches(start, requests, size)
            taken = floors.commit_batches(bench.folder / f"commits_of_{size}_{number}.duckdb", batches)
            if number > 0:
                rounds.add(loads)
                rounds.commits.append(len(taken) / sum(taken))
                rounds.usage += usage
    return rounds


def _ceiling(rounds: Rounds) -> Row:
    work = "the load generator's own ceiling at that"
    return Row(work, rounds.rate("raw"), "requests/s", latencies=rounds.latencies("raw"))


def files(bench: Bench) -> Iterator[Row]:
    """Publish files, and let DuckDB load the same files."""
    with serving(bench.folder / "files") as server:
        for suffix in ("parquet", "csv"):
            source = bench.folder / f"events.{suffix}"
            workload.write_file(source, 0, bench.file_rows)
            yield from _file(bench, server, source)
            source.unlink()


def _file(bench: Bench, server: Server, source: Path) -> Iterator[Row]:
    published, loaded, upload_grown, usage = [], [], 0.0, Usage()
    for number in range(bench.rounds // 2):
        with server.measured() as upload:
            file_id = server.upload(source)
        model_id = server.create_model(**workload.model_fields())
        with server.measured() as job:
            published.append(bench.file_rows / server.publish_file(model_id, file_id))
        loaded.append(bench.file_rows / floors.load_file(bench.folder / f"{source.name}{number}.duckdb", source))
        upload_grown = max(upload_grown, upload.grown)
        usage += job
    work = f"FILE publish, {bench.file_rows:,} rows, {source.suffix[1:]}"
    yield Row(work, median(published), "rows/s", median(loaded), "DuckDB's load", ">= 0.7", usage=usage)
    yield Row(f"{work}: growth of RSS", usage.grown, "MiB", budget="<= 1536")
    size = source.stat().st_size / 2**20
    yield Row(f"upload of {size:.0f} MiB: growth of RSS", upload_grown, "MiB", budget="<= 100")


def downloads(bench: Bench) -> Iterator[Row]:
    """Download all events as Parquet, and let DuckDB copy the same columns."""
    source, target, table = (bench.folder / name for name in ("stored.parquet", "got.parquet", "stored.duckdb"))
    workload.write_file(source, 0, bench.file_rows)
    floors.load_file(table, source)
    downloaded, copied, usage = [], [], Usage()
    with serving(bench.folder / "downloads") as server:
        model_id = server.create_model(**workload.model_fields())
        server.publish_file(model_id, server.upload(source))
        for _ in range(bench.rounds):
            with server.measured() as used:
                downloaded.append(bench.file_rows / server.download(model_id, target, bench.file_rows))
            assert workload.count_rows(target) == bench.file_rows
            copied.append(bench.file_rows / floors.copy_events(table, target))
            usage += used
    work = f"download of {bench.file_rows:,} rows as Parquet"
    yield Row(work, median(downloaded), "rows/s", median(copied), "DuckDB's COPY", ">= 0.5", usage=usage)


def start(bench: Bench) -> Iterator[Row]:
    """Start on a data directory that is there, and start a process that only imports the same libraries."""
    started, floor = [], []
    with serving(bench.folder / "start") as server:
        for _ in range(2 * bench.rounds + 1):
            server.stop()
            server.start()
            started.append(server.start_seconds)
            floor.append(floors.start())
    yield Row("start to ready, no events", median(started), "s", median(floor), "imports and uvicorn", "<= 1.3")


def growth(bench: Bench) -> Iterator[Row]:
    """Measure publishes, repeats, updates, deletes and start-up while the stored rows grow."""
    with serving(bench.folder / "growth") as server:
        yield Row("first start to ready, empty", server.start_seconds, "s", budget="<= 2")
        model_id = server.create_model(**workload.model_fields())
        stored = 0
        for share in SHARES:
            wanted = max(stored, int(bench.rows * share))
            fill(bench.folder, server, model_id, stored, wanted)
            size, stored = _measure(bench, server, model_id, wanted)
            bench.sizes.append(size)
        yield from _against_first(bench.sizes)
        yield from deletions(server, model_id, stored)
        at = f"at {stored:,} rows"
        server.stop()
        server.start()
        yield Row(f"start-up to ready {at}", server.start_seconds, "s", budget="<= 10", usage=server.usage())
        bodies = workload.publish_bodies(model_id, stored, 1, BATCH)
        first = bench.generator.run(server.url, server.publish_requests(bodies), 1)
        yield Row("the first POST of 1,000 events after that", first.seconds, "s", usage=server.usage())


def _measure(bench: Bench, server: Server, model_id: str, stored: int) -> tuple[Size, int]:
    """Measure at the current number of stored rows; return also their number afterwards."""
    rows, rates = stored, []
    for _ in range(GROWTH_ROUNDS):
        bodies = workload.publish_bodies(model_id, stored, max(8, bench.publishes // 4), BATCH)
        rates.append(BATCH * bench.generator.run(server.url, server.publish_requests(bodies), 8).rate)
        stored += len(bodies) * BATCH
    latencies: dict[str, list[float]] = {}
    for number in range(bench.repeats + 1):
        for kind, request in requests_by_id(server, model_id, stored, f"at {rows}, {number}"):
            latencies.setdefault(kind, []).extend(bench.generator.run(server.url, [request], 1).latencies)
        stored += BATCH
    return Size(rows, median(rates), {kind: p50(taken[1:]) for kind, taken in latencies.items()}), stored


def _against_first(sizes: Sequence[Size]) -> Iterator[Row]:
    first, last = sizes[0].medians, sizes[-1].medians
    at = f"at {sizes[-1].rows:,} rows"
    for kind, taken in last.items():
        work = f"{kind}, 1,000 events, {at}"
        if kind.startswith("PATCH"):
            yield Row(work, 1000 * taken, "ms p50", budget="<= 50")
            yield Row(work, 1000 * taken, "ms p50", 1000 * first[kind], f"at {sizes[0].rows:,} rows", "<= 2")
        elif kind.startswith("repeated"):
            yield Row(work, 1000 * taken, "ms p50", 1000 * last["fresh POST"], "fresh POST", "<= 2")
        else:
            yield Row(work, 1000 * taken, "ms p50", 1000 * first[kind], f"at {sizes[0].rows:,} rows")


CASES = {
    case.__name__: case
    for case in (
        disk,
        start,
        publish,
        single,
        files,
        downloads,
        growth,
        figures,
        figures_cluster,
        replicas,
        alerts,
        console,
    )
}
