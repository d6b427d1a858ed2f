"""No computation takes more time, memory or turns than it may, reads anything but its rows, or outlives its client."""

import threading
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from inference_events.errors import BadRequest, ServiceUnavailable
from inference_events.events.columns import ColumnSelection, batch_schema
from inference_events.events.store_errors import Retryable
from inference_events.events.types import DataRevision
from inference_events.limits import MIB
from inference_events.monitoring.engine import (
    Bins,
    Computation,
    EngineBusy,
    FigureEngine,
    QueryCancelled,
    QueryTimeout,
    QueryTooLarge,
    RowSelection,
)
from inference_events.monitoring.engine import computation as computation_module
from inference_events.monitoring.engine.rows import numbered
from tests.monitoring.engine.statements import Statement, model_schema_of, read
from tests.stores.opened import Opened

SCHEMA = model_schema_of(pa.schema([("x", pa.float64())]))
ROWS = RowSelection("production", None, ["x"])
ENDLESS = "SELECT count(*) FROM range(10000000000000) a WHERE md5(a.range::VARCHAR) = 'x'"
SUM = Statement('SELECT sum("v:x") FROM rows')
SOON = 20.0


class EndlessSnapshot:
    """Yields batches for ever, or fails after some."""

    is_slow = True

    def __init__(self, pause: float = 0.0, batches: int | None = None, failure: Exception | None = None) -> None:
        self._pause = pause
        self._batches = batches
        self._failure = failure
        self.cancels = 0
        self.open_reads = 0

    def data_revision(self, environment_id: str) -> DataRevision:
        return DataRevision(0, 0)

    def dirty_hours(self, environment_id: str, since: DataRevision) -> list[tuple[int, int]]:
        return []

    def columns(self, selection: ColumnSelection) -> Generator[pa.RecordBatch, None, None]:
        schema = batch_schema(selection, SCHEMA.arrow)
        rows = 1000
        left = self._batches
        self.open_reads += 1
        try:
            while left is None or left > 0:
                time.sleep(self._pause)
                yield pa.record_batch(
                    [pa.array(range(rows), pa.timestamp("us")), pa.array([1.0] * rows)], schema=schema
                )
                left = None if left is None else left - 1
            if self._failure is not None:
                raise self._failure
        finally:
            self.open_reads -= 1

    def cancel(self) -> None:
        self.cancels += 1


class OneSnapshot:
    """A store that has one snapshot."""

    def __init__(self, snapshot: EndlessSnapshot) -> None:
        self._snapshot = snapshot

    @contextmanager
    def snapshot(self, model_id: str, revision: int) -> Iterator[EndlessSnapshot]:
        yield self._snapshot


def engine_of(snapshot: EndlessSnapshot | None = None, seconds: float = 60, **bounds: Any) -> FigureEngine:
    store: Any = OneSnapshot(snapshot or EndlessSnapshot())
    return FigureEngine(store, seconds, **bounds)


def works(engine: FigureEngine) -> bool:
    with engine.compute(SCHEMA) as computation:
        return read(computation, "SELECT 42") == [(42,)]


@pytest.mark.parametrize("pause", [0.0, 0.01])
def test_a_long_scan_times_out(pause: float) -> None:
    """A scan ends soon after the time is over, with an error that tells when to come back, and is closed."""
    snapshot = EndlessSnapshot(pause)
    engine = engine_of(snapshot, seconds=0.3)
    started = time.monotonic()
    message = r"after 0\.3 seconds; shorten the range"
    with pytest.raises(QueryTimeout, match=message) as raised, engine.compute(SCHEMA) as computation:
        computation.rows(ROWS).query(SUM)
    assert time.monotonic() - started < SOON
    assert (raised.value.code, raised.value.headers["Retry-After"]) == (503, "10")
    assert snapshot.open_reads == 0
    assert works(engine)


def test_a_long_statement_times_out() -> None:
    """A statement that reads no more rows ends as well, and so does each one after it."""
    snapshot = EndlessSnapshot()
    engine = engine_of(snapshot, seconds=0.3)
    with engine.compute(SCHEMA) as computation:
        for text in (ENDLESS, "SELECT 1"):
            with pytest.raises(QueryTimeout):
                read(computation, text)
    assert snapshot.cancels == 1
    assert works(engine)


def test_an_interrupt_outside_a_statement_is_a_cancellation() -> None:
    """It may come while the rows of a statement are prepared or a revision is read, and is no fault of the server."""
    snapshot = EndlessSnapshot()
    engine = engine_of(snapshot)
    cancelled = threading.Event()

    def interrupted(environment_id: str) -> DataRevision:
        cancelled.set()
        deadline = time.monotonic() + SOON
        while not snapshot.cancels and time.monotonic() < deadline:
            time.sleep(0.01)
        raise duckdb.InterruptException

    snapshot.data_revision = interrupted  # type: ignore[method-assign]
    with pytest.raises(QueryCancelled), engine.compute(SCHEMA, cancelled) as computation:
        computation.data_revision("production")
    assert works(engine)


@pytest.mark.parametrize("reads", [True, False])
def test_a_client_that_leaves_ends_its_computation(reads: bool) -> None:
    """Soon after the event is set the computation ends, whether it reads rows or works on them."""
    engine = engine_of()
    cancelled = threading.Event()
    timer = threading.Timer(0.2, cancelled.set)
    timer.start()
    started = time.monotonic()
    with pytest.raises(QueryCancelled), engine.compute(SCHEMA, cancelled) as computation:
        _ = computation.rows(ROWS).query(SUM) if reads else read(computation, ENDLESS)
    assert time.monotonic() - started < SOON
    timer.join()
    assert works(engine)


def test_a_failure_of_the_store_passes_as_it_is() -> None:
    """The store's own error reaches the caller, not what the engine made of it."""
    failure = Retryable("gone")
    snapshot = EndlessSnapshot(batches=3, failure=failure)
    engine = engine_of(snapshot)
    with pytest.raises(Retryable) as raised, engine.compute(SCHEMA) as computation:
        computation.rows(ROWS).query(SUM)
    assert raised.value is failure
    assert snapshot.open_reads == 0
    assert works(engine)


@pytest.mark.parametrize("text", ['SELECT list("v:x") FROM rows', 'SELECT a."v:x" FROM rows a ORDER BY random()'])
def test_what_needs_too_much_memory_is_refused(text: str) -> None:
    """The error is the request's, says what to reduce, and the memory is free again."""
    engine = engine_of(EndlessSnapshot(batches=5000), instances=1, memory_bytes=16 * MIB)
    for _ in range(2):
        with pytest.raises(QueryTooLarge, match="shorten the range") as raised, engine.compute(SCHEMA) as computation:
            computation.rows(ROWS).query(Statement(text))
        assert raised.value.code == BadRequest.code
        assert works(engine)


def test_rows_that_cannot_be_kept_are_refused() -> None:
    """Rows of a slow store that do not fit into memory are refused, too."""
    engine = engine_of(EndlessSnapshot(), instances=1, memory_bytes=16 * MIB)
    with pytest.raises(QueryTooLarge), engine.compute(SCHEMA) as computation:
        computation.rows(ROWS).keep()
    assert works(engine)


def test_a_scan_needs_no_memory_for_its_rows() -> None:
    """Rows pass through: many times as many as fit into memory can be aggregated."""
    engine = engine_of(EndlessSnapshot(batches=5000), instances=1, memory_bytes=16 * MIB)
    with engine.compute(SCHEMA) as computation:
        assert computation.rows(ROWS).query(SUM)[0].to_pylist() == [5_000_000.0]


def test_a_few_compute_at_a_time() -> None:
    """Others wait for a moment, then are told when to come back; those who leave meanwhile do not wait."""
    engine = engine_of(instances=1, wait_seconds=0.2)
    with engine.compute(SCHEMA):
        with pytest.raises(EngineBusy) as raised, engine.compute(SCHEMA):
            pass
        assert isinstance(raised.value, ServiceUnavailable)
        assert raised.value.headers["Retry-After"] == "2"
        gone = threading.Event()
        gone.set()
        with pytest.raises(QueryCancelled), engine.compute(SCHEMA, gone):
            pass
    assert works(engine)


def test_two_compute_at_once() -> None:
    """Two threads compute side by side, and a third one gets its turn when one of them ends."""
    engine = engine_of(EndlessSnapshot(batches=200), wait_seconds=SOON)
    sums: list[float] = []

    def compute() -> None:
        with engine.compute(SCHEMA) as computation:
            sums.extend(computation.rows(ROWS).query(SUM)[0].to_pylist())

    threads = [threading.Thread(target=compute) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(SOON)
    assert sums == [200_000.0] * 5


def test_quick_computations_have_a_place_of_their_own() -> None:
    """While long computations have all other places, a quick one has its turn; one that is not quick, or needs more
    memory than that place has, is told to come back."""
    engine = engine_of(EndlessSnapshot(batches=1500), instances=1, memory_bytes=64 * MIB, quick_seconds=0.5)
    large = 'SELECT list("v:x") FROM rows'
    with engine.compute(SCHEMA):
        for text in (ENDLESS, large):
            assert works(engine)
            with pytest.raises(EngineBusy), engine.compute(SCHEMA) as computation:
                computation.rows(ROWS).query(Statement(text))
    with engine.compute(SCHEMA) as computation:
        assert len(computation.rows(ROWS).query(Statement(large))) == 1


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * FROM read_csv('{file}')",
        "SELECT * FROM '{file}'",
        "COPY (SELECT 1) TO '{file}.copy'",
        "ATTACH '{file}.db'",
        "INSTALL spatial",
        "LOAD spatial",
        "SET threads = 8",
        "SET enable_external_access = true",
        "SELECT * FROM secret_rows",
    ],
)
def test_statements_reach_nothing_else(text: str, tmp_path: Path) -> None:
    """No statement reads or writes files, loads extensions, changes a bound, or sees variables of the program."""
    file = tmp_path / "file.csv"
    file.write_text("a,b\n1,2\n")
    secret_rows = pa.table({"secret": [1]})
    engine = engine_of()
    with engine.compute(SCHEMA) as computation, pytest.raises(duckdb.Error):
        computation.run(text.format(file=file), ())
    assert [path.name for path in tmp_path.iterdir()] == ["file.csv"]
    assert len(secret_rows) == 1


def test_computations_leave_nothing_behind() -> None:
    """A later computation on the same instance sees no rows of an earlier one."""
    engine = engine_of(EndlessSnapshot(batches=2), instances=1)
    with engine.compute(SCHEMA) as computation:
        computation.rows(ROWS).keep()
    with engine.compute(SCHEMA) as computation:
        assert read(computation, "SELECT name FROM (SHOW ALL TABLES)") == []


def test_a_broken_instance_is_replaced() -> None:
    """After a failure that DuckDB calls fatal, the next computation has another instance."""
    engine = engine_of(instances=1)
    with pytest.raises(duckdb.FatalException), engine.compute(SCHEMA) as computation:
        _break(computation)
    with engine.compute(SCHEMA) as computation:
        assert read(computation, "SELECT name FROM (SHOW ALL TABLES)") == []


def test_a_closed_engine_has_freed_its_instances() -> None:
    """Closing an engine that was never used, or was, is harmless."""
    engine_of().close()
    engine = engine_of()
    assert works(engine)
    engine.close()


def _break(computation: Computation) -> None:
    computation.run("CREATE TABLE memory.main.broken (x INT)", ())
    raise duckdb.FatalException("broken")


@pytest.mark.usefixtures("small_batches")
def test_a_scan_of_a_real_store_times_out(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    """A scan that is cancelled in the store ends as one that is out of time, and the store goes on."""
    monkeypatch.setattr(computation_module, "numbered", _slowly)
    opened.publish(*({"id": f"e{each}", "x": each} for each in range(1000)))
    engine = FigureEngine(opened.store, 0.5)
    schema = model_schema_of(opened.schema)
    for _ in range(2):
        with pytest.raises(QueryTimeout), engine.compute(schema) as computation:
            computation.rows(ROWS).query(SUM)
    monkeypatch.setattr(computation_module, "numbered", numbered)
    with engine.compute(schema) as computation:
        assert computation.rows(ROWS).query(SUM)[0].to_pylist() == [sum(range(1000))]
    engine.close()


def _slowly(batches: Iterator[pa.RecordBatch], schema: pa.Schema, bins: Bins | None) -> Iterator[pa.RecordBatch]:
    for batch in numbered(batches, schema, bins):
        time.sleep(0.2)
        yield batch
