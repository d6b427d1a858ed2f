"""The metrics that `/metrics` shows.

Labels are the type of an environment, a kind and a status, never a user's name. So the number of series is bounded for
any number of models, tokens and clients. Those of a replica have its name, too.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, TypeAlias

import numpy as np
import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Summary, disable_created_metrics
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from inference_events import __version__
from inference_events.catalog.environments import PRE_PRODUCTION, PRODUCTION
from inference_events.catalog.jobs import FAILURE, PENDING, STARTED, SUCCESS
from inference_events.catalog.outbox import DELIVERED, FAILED, NOT_CONFIGURED
from inference_events.catalog.outbox import PENDING as PENDING_MESSAGE
from inference_events.database_use import DatabaseUse
from inference_events.events.observer import StoreObserver, count_violations
from inference_events.events.types import Deletion, RowStatus, Statuses, Write, WriteKind
from inference_events.jobs.kinds import DELETE_EVENTS, DELETE_MODEL, DELETE_PROJECT, PUBLISH_FILE, UPDATE_FILE
from inference_events.jobs.quality_report import VIOLATIONS
from inference_events.jobs.worker import CLAIMED, LOST
from inference_events.notifications.composing import CHANNELS
from inference_events.recent_ingestion import RecentIngestion

log = structlog.get_logger(__name__)

Family: TypeAlias = GaugeMetricFamily | CounterMetricFamily
JOB_KINDS = (PUBLISH_FILE, UPDATE_FILE, DELETE_EVENTS, DELETE_MODEL, DELETE_PROJECT)
NO_JOBS: dict[tuple[str, ...], float] = {(kind, status): 0 for kind in JOB_KINDS for status in (PENDING, STARTED)}
# Operations on events have kinds of their own. One kind per operation would make too many series.
REQUEST_KINDS = {
    "publish_events": "publish",
    "update_events": "update",
    "delete_events": "delete",
    "read_events": "read",
    "download_events": "download",
    "upload_file": "upload",
    "upload_part": "upload",
    "get_job": "job",
}
OTHER_REQUESTS = "other"
REQUEST_SECONDS = (0.005, 0.025, 0.1, 0.5, 2.5, 10.0)
COMMIT_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0)
BATCH_SIZES = (1, 4, 16, 64, 250, 1000, 4000)
ALERT_BINS = ("judged", "skipped")
ATTEMPT_STATES = (DELIVERED, FAILED, NOT_CONFIGURED, PENDING_MESSAGE)
REJECTED, DELETED = "rejected", "deleted"
ROW_STATUSES = {status: status.name.lower() for status in RowStatus} | {RowStatus.CONFLICT: REJECTED}
EVENT_STATUSES = {
    PRODUCTION: ("created", "replaced", "unchanged", "updated", "unknown", REJECTED, DELETED),
    PRE_PRODUCTION: ("created", "unchanged", REJECTED),
}

# Each counter and histogram would have one more series, with the time of its first use.
disable_created_metrics()  # type: ignore[no-untyped-call]


class Metrics(StoreObserver):
    """Count the server's work, from any thread, in a separate registry."""

    def __init__(self, on_failure: Callable[[BaseException], object] = lambda error: None) -> None:
        """`on_failure` gets each error that ends a write to the store."""
        self._on_failure = on_failure
        self.recent = RecentIngestion()
        self._series = ReplicaRegistry()
        self.registry: CollectorRegistry = self._series
        self._requests = self._counter("http_requests", "HTTP requests that ended.", "kind", "status")
        self._request_seconds = self._histogram(
            "http_request_duration_seconds",
            "Time from the head of a request to the end of its response.",
            REQUEST_SECONDS,
            "kind",
        )
        self._events = self._counter(
            "events", "Events by the result of their commit; rejected ones are rows of files.", "env_type", "status"
        )
        self._violations = self._counter(
            "event_violations", "Violations in events that were created, replaced or updated.", "env_type", "kind"
        )
        self._jobs = self._counter("jobs", "Jobs that ended.", "kind", "status")
        self._leases = self._counter("job_leases", "Leases of jobs that this server claimed, and lost.", "status")
        self._alert_bins = self._counter(
            "alert_bins", "Bins of alert rules that were judged, and skipped after downtime.", "status"
        )
        self._notifications = self._counter(
            "notifications", "Attempts to deliver messages about alerts, by their result.", "channel", "status"
        )
        self._commit_seconds = self._histogram(
            "commit_duration_seconds", "Time to write and sync a group commit.", COMMIT_SECONDS
        )
        self._batch_events = self._histogram("batch_events", "Events ingested together.", BATCH_SIZES)
        self._batch_requests = self._histogram("batch_requests", "Requests ingested together.", BATCH_SIZES)
        self._checkpoints = Summary(
            "inference_events_checkpoint_duration_seconds",
            "Checkpoints of the events file, with the commit that each is part of.",
            registry=self.registry,
        )
        build = Gauge(
            "inference_events_build_info", "Always 1; the version of the server.", ["version"], registry=self.registry
        )
        build.labels(__version__).set(1)
        # Binding labels takes longer than counting.
        self._requests_of = cache(self._requests.labels)
        self._request_seconds_of = cache(self._request_seconds.labels)
        self._events_of = cache(self._events.labels)
        self._start_at_zero()

    def observe_request(self, operation_id: str | None, status: int, seconds: float) -> None:
        """Count and time one request; `operation_id` is None if no operation has its path."""
        kind = REQUEST_KINDS.get(operation_id or "", OTHER_REQUESTS)
        self._requests_of(kind, str(status)).inc()
        self._request_seconds_of(kind).observe(seconds)

    def observe_ingestion(self, model_id: str, reason: str | None, size: int, seconds: float) -> None:
        """Count a request that publishes or updates events, for the last hour; `model_id` is empty if unknown."""
        self.recent.observe_request(model_id, reason, size, seconds)

    def observe_batch(self, requests: int, events: int) -> None:
        """Count the requests that are ingested together, and their events."""
        self._batch_requests.observe(requests)
        self._batch_events.observe(events)

    def observe_job(self, kind: str, status: str) -> None:
        """Count a job that has ended."""
        self._jobs.labels(kind, status).inc()

    def observe_lease(self, status: str) -> None:
        """Count a lease of a job that was claimed or lost."""
        self._leases.labels(status).inc()

    def observe_alert_bins(self, status: str, count: int) -> None:
        """Count bins of alert rules that were judged or skipped."""
        self._alert_bins.labels(status).inc(count)

    def observe_notification(self, channel: str, state: str) -> None:
        """Count an attempt to deliver a message. One that will be repeated leaves it pending."""
        self._notifications.labels(channel, state).inc()

    def observe_commit(self, work: Sequence[Any], results: Sequence[Any], seconds: float) -> None:
        self._commit_seconds.observe(seconds)
        for piece, result in zip(work, results, strict=True):
            match piece, result:
                case Write(), np.ndarray():
                    self._observe_write(piece, result)
                case Deletion(), int():
                    self._events_of(PRODUCTION, DELETED).inc(result)

    def observe_checkpoint(self, seconds: float) -> None:
        self._checkpoints.observe(seconds)

    def observe_failure(self, error: BaseException) -> None:
        self._on_failure(error)

    def show_bodies_in_flight(self, read: Callable[[], int]) -> None:
        """Show at each scrape how many bytes `read` returns."""
        gauge = Gauge(
            "inference_events_http_bodies_in_flight_bytes",
            "Bytes of JSON bodies held in memory.",
            registry=self.registry,
        )
        gauge.set_function(read)

    def show_state(
        self,
        *,
        is_writable: Callable[[], bool],
        queue_depths: Callable[[], Mapping[str, int]],
        unfinished_jobs: Callable[[], Mapping[tuple[str, ...], int]],
        due_alert_bins: Callable[[], int],
        undelivered: Callable[[], Mapping[str, int]],
        data_bytes: Callable[[], Mapping[str, int]],
        free_bytes: Callable[[], int],
    ) -> None:
        """Show the functions' results at each scrape. Jobs are counted by kind and status, the rest by kind."""
        self._show("queue_depth", "Pieces of work that wait in a queue.", ["kind"], lambda: _singles(queue_depths()))
        self._show(
            "unfinished_jobs", "Jobs that wait or run.", ["kind", "status"], lambda: {**NO_JOBS, **unfinished_jobs()}
        )
        self._show(
            "alert_bins_waiting", "Bins of alert rules that wait to be judged.", [], lambda: {(): due_alert_bins()}
        )
        self._show(
            "undelivered_notifications",
            "Messages about alerts that wait or are being sent.",
            ["channel"],
            lambda: {**_singles(dict.fromkeys(CHANNELS, 0)), **_singles(undelivered())},
        )
        self._show("data_bytes", "Size of the data directory's files.", ["kind"], lambda: _singles(data_bytes()))
        self._show("writable", "1 if the disk takes writes, else 0.", [], lambda: {(): is_writable()})
        self._show("disk_free_bytes", "Room on the data directory's disk.", [], lambda: {(): free_bytes()})

    def show_databases(self, uses: Mapping[str, DatabaseUse], replica: str) -> None:
        """Show at each scrape how the pools of a replica use the database. All metrics name the replica from now on."""

        def of_pools(read: Callable[[DatabaseUse], int]) -> Callable[[], Mapping[tuple[str, ...], float]]:
            return lambda: {(pool,): read(use) for pool, use in uses.items()}

        def connections() -> Mapping[tuple[str, ...], float]:
            return {(pool, state): count for pool, use in uses.items() for state, count in use.connections().items()}

        self._series.name_replica(replica)
        self._show("database_connections", "Connections to the database.", ["pool", "state"], connections)
        self._show("database_connections_limit", "Most connections.", ["pool"], of_pools(lambda use: use.limit))
        self._show(
            "database_waiting", "Threads that wait for a connection.", ["pool"], of_pools(lambda use: use.pool.waiting)
        )
        self._show(
            "database_transaction_retries",
            "Transactions that ran again after an error that may pass.",
            ["pool"],
            of_pools(lambda use: use.retries),
            CounterMetricFamily,
        )
        self._show(
            "database_unknown_commits",
            "Commits in which the connection was lost; the database was asked about their outcome.",
            ["pool"],
            of_pools(lambda use: use.unknown_commits),
            CounterMetricFamily,
        )

    def _observe_write(self, write: Write, statuses: Statuses) -> None:
        env_type = PRE_PRODUCTION if write.kind is WriteKind.APPEND else PRODUCTION
        counted = np.bincount(statuses).tolist()
        self.recent.observe_events(write.model_id, counted, len(write.chunk.rejected) if write.chunk else 0)
        for status, count in enumerate(counted):
            if count:
                self._events_of(env_type, ROW_STATUSES[RowStatus(status)]).inc(count)
        if write.chunk is not None and write.chunk.rejected:
            self._events_of(env_type, REJECTED).inc(len(write.chunk.rejected))
        for kind, count in count_violations(write.batch, statuses).items():
            self._violations.labels(env_type, kind).inc(count)

    def _start_at_zero(self) -> None:
        """Show a counter before its first event, because a rate needs the value before."""
        for env_type, statuses in EVENT_STATUSES.items():
            for status in statuses:
                self._events.labels(env_type, status)
            for kind in VIOLATIONS:
                self._violations.labels(env_type, kind)
        for job in JOB_KINDS:
            for end in (SUCCESS, FAILURE):
                self._jobs.labels(job, end)
        for channel in CHANNELS:
            for state in ATTEMPT_STATES:
                self._notifications.labels(channel, state)
        for lease in (CLAIMED, LOST):
            self._leases.labels(lease)
        for status in ALERT_BINS:
            self._alert_bins.labels(status)

    def _counter(self, name: str, meaning: str, *labels: str) -> Counter:
        return Counter(f"inference_events_{name}", meaning, labels, registry=self.registry)

    def _histogram(self, name: str, meaning: str, buckets: Sequence[float], *labels: str) -> Histogram:
        return Histogram(f"inference_events_{name}", meaning, labels, buckets=buckets, registry=self.registry)

    def _show(
        self,
        name: str,
        meaning: str,
        labels: list[str],
        read: Callable[[], Mapping[tuple[str, ...], float]],
        family: type[Family] = GaugeMetricFamily,
    ) -> None:
        self.registry.register(_State(f"inference_events_{name}", meaning, labels, read, family))


class ReplicaRegistry(CollectorRegistry):
    """A registry whose series have the label `replica`, once the replica has a name."""

    _replica: str | None = None

    def name_replica(self, name: str) -> None:
        self._replica = name

    def collect(self) -> Iterator[Metric]:
        for metric in super().collect():
            if self._replica is not None:
                named = {"replica": self._replica}
                metric.samples = [sample._replace(labels=named | sample.labels) for sample in metric.samples]
            yield metric


class _State(Collector):
    """Read values at each scrape."""

    def __init__(
        self,
        name: str,
        meaning: str,
        labels: list[str],
        read: Callable[[], Mapping[tuple[str, ...], float]],
        family: type[Family],
    ) -> None:
        self._name = name
        self._meaning = meaning
        self._labels = labels
        self._read = read
        self._family = family

    def collect(self) -> list[Metric]:
        family = self._family(self._name, self._meaning, labels=self._labels)
        for values, number in self._values().items():
            family.add_metric(values, number)
        return [family]

    def _values(self) -> Mapping[tuple[str, ...], float]:
        try:
            return self._read()
        except Exception as error:
            # If a disk or the catalog fails, the other metrics are needed most.
            log.warning("metric_unreadable", metric=self._name, exc_info=error)
            return {}


def _singles(values: Mapping[str, int]) -> dict[tuple[str, ...], float]:
    return {(kind,): number for kind, number in values.items()}
