"""Only what is missing is read, the newest first; what is kept has bounds, and belongs to one moment."""

from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import pyarrow as pa
import pytest

from inference_events.errors import BadRequest
from inference_events.events.columns import ColumnSelection
from inference_events.events.store import Snapshot
from inference_events.monitoring import fql
from inference_events.monitoring.engine import (
    BaselineUnfinished,
    BinSize,
    FigureEngine,
    FiguresUnfinished,
    QueryTimeout,
    QueryTooLarge,
    gradual,
    make_bins,
)
from inference_events.monitoring.metrics import Figure, MetricQuery, ordered
from inference_events.monitoring.partials import computing, filling
from inference_events.monitoring.queries import Baseline, Window, compute_figures
from inference_events.monitoring.queries.receipt import ReceiptLag, lags_of
from inference_events.monitoring.subject import Subject
from tests.monitoring.partials.figures import BASELINES, DAY, HOUR, assert_same, direct, merged, subject_of
from tests.stores.opened import NOW, Opened

START = NOW // DAY * DAY
DAYS = 10
WINDOW = Window("production", make_bins(BinSize.DAY, START, START + DAYS * DAY))
ACCURACY, AUC, DRIFT = MetricQuery("accuracy"), MetricQuery("auc"), MetricQuery("jsd", column="x", baseline="training")
QUERIES = [ACCURACY, AUC, DRIFT]
# What these tests are about is the same for both.
ONE_ENGINE = pytest.mark.parametrize("store_engine", ["duckdb"], indirect=True)


class WatchedStore:
    """A store that notes which ranges of which environments are read, and takes its time for each."""

    def __init__(self, opened: Opened) -> None:
        self._opened = opened
        self.reads: list[tuple[str, int | None, int | None]] = []
        self.fail_after: int | None = None

    @contextmanager
    def snapshot(self, model_id: str, revision: int) -> Iterator[Any]:
        with self._opened.store.snapshot(model_id, revision) as snapshot:
            yield WatchedSnapshot(snapshot, self)

    def read(self, environment: str = "production") -> list[tuple[int | None, int | None]]:
        """Return what was read of an environment since the last call."""
        found = [(start, end) for name, start, end in self.reads if name == environment]
        self.reads = []
        return found


class WatchedSnapshot:
    def __init__(self, snapshot: Snapshot, store: WatchedStore) -> None:
        self._snapshot = snapshot
        self._store = store

    def __getattr__(self, name: str) -> Any:
        return getattr(self._snapshot, name)

    def columns(self, selection: ColumnSelection) -> Generator[pa.RecordBatch, None, None]:
        self._store.reads.append((selection.environment_id, selection.start, selection.end))
        if self._store.fail_after is not None:
            self._store.fail_after -= 1
            if self._store.fail_after < 0:
                raise QueryTimeout(10)
        return self._snapshot.columns(selection)


@pytest.fixture
def store(opened: Opened) -> WatchedStore:
    """Give a store with an event an hour, and a dataset."""
    opened.append({"id": "1", "at": START, "x": 0.5}, {"id": "2", "at": START, "x": 0.2})
    hours = range(DAYS * 24)
    opened.publish(
        *({"id": f"{hour}", "at": START + hour * HOUR, "x": hour % 7 / 7, "label": hour % 3 == 0} for hour in hours)
    )
    return WatchedStore(opened)


@pytest.fixture
def watched(store: WatchedStore) -> Iterator[FigureEngine]:
    engine = engine_of(store)
    yield engine
    engine.close()


def engine_of(store: WatchedStore, **bounds: Any) -> FigureEngine:
    anything: Any = store
    return FigureEngine(anything, 60, **bounds)


def test_only_what_changed_is_read(watched: FigureEngine, opened: Opened, store: WatchedStore) -> None:
    """Without a change, no event is read. After one, the events of its hour are; for AUC and a quantile of a custom
    metric, those of its bin."""
    subject = subject_of(opened)
    quantile = fql.compile_metric("quantile(x, level=0.25) + auroc()", subject)
    merged(watched, subject, WINDOW, [*QUERIES, quantile])
    assert store.read()
    merged(watched, subject, WINDOW, [*QUERIES, quantile])
    assert store.reads == []
    hour = START + 77 * HOUR
    opened.update({"id": "77", "label": False})
    merged(watched, subject, WINDOW, [ACCURACY, DRIFT])
    assert set(store.read()) == {(hour, hour + HOUR)}
    merged(watched, subject, WINDOW, [AUC, quantile])
    assert set(store.read()) == {(START + 3 * DAY, START + 4 * DAY)}
    opened.append({"id": "3", "at": START, "x": 0.9})
    merged(watched, subject, WINDOW, QUERIES)
    assert store.read() == []


@ONE_ENGINE
def test_other_bins_use_the_same_partials(watched: FigureEngine, opened: Opened, store: WatchedStore) -> None:
    """Partials serve bins of every size and zone, and every metric that needs the same sums."""
    subject = subject_of(opened)
    merged(watched, subject, WINDOW, [ACCURACY])
    store.read()
    bins = make_bins(BinSize.HOUR, START + DAY, START + 3 * DAY, "Asia/Kathmandu")
    merged(watched, subject, Window("production", bins, time_zone="Asia/Kathmandu"), [MetricQuery("recall"), ACCURACY])
    assert store.reads == []


def test_short_bins_are_kept(watched: FigureEngine, opened: Opened, store: WatchedStore) -> None:
    """Bins of minutes and quantiles of the receipt lag are computed once, and again when their hour has changed."""
    subject = subject_of(opened)
    bins = make_bins(BinSize.MINUTES_5, START, START + 4 * HOUR)
    window = Window("production", bins)

    def compute() -> list[list[Figure]]:
        with watched.compute(subject.schema) as computation:
            return [
                *compute_figures(computation, window, [ACCURACY], subject, BASELINES),
                *lags_of(computation, window, bins, [ReceiptLag(0.5)]),
            ]

    assert sum(figure.rows for figure in compute()[0]) == 4
    assert store.read()
    compute()
    assert store.reads == []
    opened.publish({"id": "new", "at": START + HOUR + 1, "x": 0.5})
    accuracy, lags = compute()
    assert [figure.rows for figure in (accuracy[12], lags[12])] == [2, 2]
    assert all((start or 0) >= START + HOUR and (end or 0) <= START + 2 * HOUR for start, end in store.read())


@pytest.mark.parametrize("query", [ACCURACY, AUC], ids=["merged", "by bin"])
def test_the_next_request_continues(
    watched: FigureEngine, opened: Opened, store: WatchedStore, monkeypatch: pytest.MonkeyPatch, query: MetricQuery
) -> None:
    """A computation that runs out of time says what share is done; later ones continue until all is there."""
    subject = subject_of(opened)
    for name in ("FAST", "SLOW"):
        monkeypatch.setattr(filling, name, filling.Pace(first_cells=96, max_ranges=4))
    monkeypatch.setattr(filling, "MAX_GROWTH", 1.0)
    monkeypatch.setattr("inference_events.monitoring.partials.whole_bins.FAST_BINS", 1)
    errors: list[FiguresUnfinished] = []
    newest = []
    while not (found := attempt(watched, subject, query, store, errors)):
        newest.append(store.read()[0])
    shares = [error.share for error in errors]
    assert len(shares) >= 2
    assert shares == sorted(shares)
    assert newest == sorted(newest, reverse=True)
    for error in errors:
        assert (error.code, error.headers["Retry-After"]) == (503, "1")
        assert f"{int(100 * error.share)} % of the events" in error.message
    store.fail_after = None
    assert_same(found, direct(watched, subject, WINDOW, [query]))


def test_the_newest_cells_are_read_first() -> None:
    """Of several ranges of cells, too, the newest one is read first, and from its end."""
    assert list(filling.portions([(0, 2), (10, 15)], 3))[:2] == [(12, 15), (10, 12)]
    assert [cells[0] for cells in filling.portions([(0, 2), (10, 15)], 3)][-1] == 0


def attempt(
    engine: FigureEngine, subject: Subject, query: MetricQuery, store: WatchedStore, errors: list[FiguresUnfinished]
) -> list[list[Figure]]:
    """Return the figures, or nothing if time is over after four reads."""
    store.fail_after = 4
    try:
        return merged(engine, subject, WINDOW, [query])
    except FiguresUnfinished as error:
        errors.append(error)
        return []


@ONE_ENGINE
def test_more_rows_than_memory_is_for(
    watched: FigureEngine, opened: Opened, store: WatchedStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the rows of all bins do not fit into memory, those of fewer bins are read; one bin must fit."""
    subject = subject_of(opened)
    expected = direct(watched, subject, WINDOW, [AUC])
    monkeypatch.setattr(ordered, "MAX_ROWS", 30)
    assert_same(merged(watched, subject, WINDOW, [AUC]), expected)
    month = Window("production", make_bins(BinSize.MONTH, START, START + DAYS * DAY))
    with pytest.raises(QueryTooLarge):
        merged(watched, subject, month, [AUC])


def test_a_computation_of_an_earlier_moment(watched: FigureEngine, opened: Opened) -> None:
    """What a later computation kept does not show in one that began before it."""
    subject = subject_of(opened)
    with watched.compute(subject.schema) as earlier:
        before = earlier.data_revision("production")
        opened.publish({"id": "later", "at": START + 5, "x": 0.9, "label": True})
        opened.publish({"id": "first of its day", "at": START + DAYS * DAY + 5, "x": 0.9, "label": True})
        longer = Window("production", make_bins(BinSize.DAY, START, START + (DAYS + 1) * DAY))
        for window in (WINDOW, longer):
            assert merged(watched, subject, window, QUERIES)[0][0].rows == 25
        found = compute_figures(earlier, longer, QUERIES, subject, BASELINES)
        assert [figure.rows for figure in found[0]] == [24] * DAYS + [0]
        assert [figure.rows for figure in found[1]] == [24] * DAYS + [0]
        assert earlier.data_revision("production") == before
    assert merged(watched, subject, longer, QUERIES)[0][-1].rows == 1


@ONE_ENGINE
def test_nothing_is_kept_beyond_the_bound(opened: Opened, store: WatchedStore) -> None:
    """What is kept takes no more bytes than it may, and figures are the same without it."""
    subject = subject_of(opened)
    expected = direct_figures(opened, subject, QUERIES, BASELINES)
    for bound in (0, 5000):
        engine = engine_of(store, cache_bytes=bound)
        found = merged(engine, subject, WINDOW, QUERIES)
        with engine.compute(subject.schema) as computation:
            assert computation.cache.nbytes <= bound
        assert_same(found, expected)
        engine.close()


@pytest.mark.parametrize("baseline", ["training", "first days"])
@pytest.mark.parametrize("store_engine", ["postgres"], indirect=True)
def test_a_baseline_is_read_in_several_requests(
    watched: FigureEngine, opened: Opened, store: WatchedStore, monkeypatch: pytest.MonkeyPatch, baseline: str
) -> None:
    """If PostgreSQL takes longer for a baseline than a request may, the next request goes on; a change starts again."""
    monkeypatch.setattr(gradual, "PART_ROWS", 7)
    opened.append(*({"id": f"t{number}", "at": START, "x": number / 60, "n": number % 3} for number in range(60)))
    subject = subject_of(opened)
    baselines = dict(BASELINES)
    baselines["first days"] = Baseline("5", "first days", "production", START, START + 7 * DAY)
    query = MetricQuery("jsd", column="n", baseline=baseline)

    def compute(reads: int | None) -> list[list[Figure]]:
        store.fail_after = reads
        with watched.compute(subject.schema) as computation:
            return compute_figures(computation, WINDOW, [query], subject, baselines)

    opened.publish(*({"id": f"{hour}", "at": START + hour * HOUR, "n": hour % 5} for hour in range(DAYS * 24)))
    read = 0
    for _ in range(2):
        with pytest.raises(
            BaselineUnfinished, match="events of the baseline are read after 10 seconds; repeat"
        ) as raised:
            compute(3)
        assert int(raised.value.message.split()[0]) > read
        read = int(raised.value.message.split()[0])
    environment = baselines[baseline].environment_id
    reads = len(store.read(environment))
    found = compute(None)
    size = 60 if environment == "dataset" else 7 * 24
    assert found[0][0].baseline_size == size
    assert_same(found, direct_figures(opened, subject, [query], baselines))
    assert reads + len(store.read(environment)) < 80
    compute(0)
    change = opened.append if environment == "dataset" else opened.publish
    change({"id": "more", "at": START + 1, "n": 4})
    assert compute(None)[0][0].baseline_size == size + 1


def direct_figures(
    opened: Opened, subject: Subject, queries: Sequence[MetricQuery], baselines: Mapping[str, Baseline]
) -> list[list[Figure]]:
    """Return figures that nothing kept is part of."""
    engine = FigureEngine(opened.store, 60, cache_bytes=0)
    with engine.compute(subject.schema) as computation:
        found = compute_figures(computation, WINDOW, queries, subject, baselines)
    engine.close()
    return found


def test_a_long_rolling_baseline_is_read_once(watched: FigureEngine, opened: Opened, store: WatchedStore) -> None:
    """Bins that are compared with the same window share its rows: they are read once, and not for each bin."""
    opened.publish(*({"id": f"b{day}", "at": START - day * DAY, "n": day % 3} for day in range(60)))
    baselines = {"month": Baseline("4", "month", "production", window_size=BinSize.MONTH, offset=1)}
    subject = subject_of(opened)
    bins = make_bins(BinSize.HOUR, START, START + 2 * DAY)
    query = MetricQuery("jsd", column="n", baseline="month")
    store.read()
    with watched.compute(subject.schema) as computation:
        [found] = compute_figures(computation, Window("production", bins), [query], subject, baselines)
        is_slow = computation.snapshot.is_slow
    assert found[0].baseline_size == found[-1].baseline_size == 31
    before = [(start, end) for start, end in store.read() if start is not None and start < START]
    # The range of its values, whether they are few integers, and its histogram: kept in memory if the store is slow.
    assert len(before) == (1 if is_slow else 3)


def test_too_many_rows_for_a_slow_store(
    engine: FigureEngine, opened: Opened, store: WatchedStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On PostgreSQL a metric that reads each event takes a bounded number of a bin, and says what to do beyond."""
    monkeypatch.setattr(computing, "MAX_ROWS_OF_BIN", 23)
    subject = subject_of(opened)
    with engine.compute(subject.schema) as computation:
        is_slow = computation.snapshot.is_slow
    assert merged(engine, subject, WINDOW, [ACCURACY])[0][0].rows == 24
    if not is_slow:
        assert merged(engine, subject, WINDOW, [AUC])[0][0].rows == 24
        return
    with pytest.raises(BadRequest, match=r"A bin has 24 events.*at most 23 on PostgreSQL; take smaller bins"):
        merged(engine, subject, WINDOW, [AUC])
    hours = make_bins(BinSize.HOUR, START, START + DAY)
    assert merged(engine, subject, Window("production", hours), [AUC])[0][0].rows == 1
