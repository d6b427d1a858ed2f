"""The composition root: it opens the services, passes them to the operations, and serves the operations."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from typing import Any

import structlog
from starlette.types import ASGIApp

from inference_events import __version__
from inference_events.alerts.announcing import Announcer
from inference_events.alerts.evaluator import AlertEvaluator
from inference_events.backend import Backend
from inference_events.background import repeated
from inference_events.catalog import organizations, sessions
from inference_events.catalog.authentication import Authentication
from inference_events.catalog.tables import utc_now
from inference_events.closing import OpenServices
from inference_events.cluster import is_cluster, open_cluster
from inference_events.data_directory import DataDirectory
from inference_events.disk import PROBE_EVERY_SECONDS, Disk
from inference_events.embedded import open_embedded
from inference_events.events.batcher import RequestBatcher
from inference_events.events.export.exporter import Exporter
from inference_events.events.ingest.readers import FileReaders
from inference_events.files.multipart import MultipartUploads
from inference_events.files.sweep import OrphanSweep
from inference_events.http.server import create_http_app
from inference_events.http.session_cookie import SessionCookie
from inference_events.idempotency.guard import IdempotencyGuard
from inference_events.idempotency.lookups import in_catalog, in_store
from inference_events.jobs import JobQueue, Workers
from inference_events.jobs.handlers import JobHandlers
from inference_events.jobs.resuming import end_orphans
from inference_events.memory import RELEASE_SECONDS, release_memory
from inference_events.metrics import Metrics
from inference_events.models.factory.proposer import Proposer
from inference_events.models.registry import ModelRegistry
from inference_events.monitoring.engine import FigureEngine
from inference_events.monitoring.queries import FigureService
from inference_events.monitoring.queries.pulse import PulseReader
from inference_events.monitoring.queries.traffic import TrafficReader
from inference_events.notifications.delivery import DeliveryWorker
from inference_events.notifications.encryption import SecretBox
from inference_events.notifications.http_client import HttpClient
from inference_events.notifications.registration import check_key
from inference_events.notifications.sender import Sender
from inference_events.operations.alert_configs import AlertConfigOperations
from inference_events.operations.alert_records import AlertRecordOperations
from inference_events.operations.alert_rules import AlertRuleOperations
from inference_events.operations.baselines import BaselineOperations
from inference_events.operations.custom_metrics import CustomMetricOperations
from inference_events.operations.environments import EnvironmentOperations
from inference_events.operations.events import EventOperations, respond
from inference_events.operations.files import FileOperations
from inference_events.operations.ingestion import IngestionReader
from inference_events.operations.jobs import JobOperations
from inference_events.operations.models import ModelOperations
from inference_events.operations.monitoring import MonitoringOperations
from inference_events.operations.notifications import NotificationOperations
from inference_events.operations.projects import ProjectOperations
from inference_events.operations.segments import SegmentOperations
from inference_events.operations.server import ServerOperations
from inference_events.operations.sessions import SessionOperations
from inference_events.operations.tokens import TokenOperations
from inference_events.operations.webhooks import WebhookOperations
from inference_events.purge import PURGE_EVERY_SECONDS, Purge
from inference_events.readiness import Readiness
from inference_events.retention import Periods, Retention
from inference_events.server_report import ServerReport
from inference_events.settings import Settings
from inference_events.state_metrics import show_state
from inference_events_api.operations import Handler, handlers

log = structlog.get_logger(__name__)


class Services:
    """The services of the operations: the stores, and the workers that run jobs on them."""

    def __init__(self, settings: Settings, stopping: threading.Event | None = None) -> None:
        self.settings = settings
        self._stopping = stopping
        self._opened = OpenServices()
        with self._opened:
            self._open_stores()
            self._make_workers()

    def _open_stores(self) -> None:
        self._is_cluster = is_cluster(self.settings)
        self.directory = DataDirectory(self.settings.data_dir)
        self._opened.add("data directory", self.directory.close)
        self.disk = Disk(self.directory.incoming)
        self.metrics = Metrics(self.disk.note_failure)
        backend = self._open_backend()
        self.catalog, self.store, self.file_store = backend.catalog, backend.store, backend.file_store
        self.new_secret, self.replica = backend.new_secret, backend.replica
        key_file = None if self._is_cluster else self.directory.secret_key_file
        self.box = SecretBox(self.settings.secret_key.get_secret_value(), key_file)
        check_key(self.catalog, self.box)
        self._chunk_rows = self.settings.file_chunk_rows or backend.chunk_rows
        self.authentication = Authentication(self.catalog)
        # Named by the server, because cookies do not tell ports apart: servers on one host would log each other out.
        self.cookie = f"inference_events_{self.catalog.read(organizations.get).id.partition('-')[0]}"
        self.registry = ModelRegistry(self.catalog, self.store)
        self.batcher = RequestBatcher(self.store, self.registry, self.metrics.observe_batch)
        self._opened.add("batcher", self.batcher.stop)
        self.exporter = Exporter(self.store, self.registry, self.directory)
        self._opened.add("exporter", self.exporter.close)
        self.figures = FigureEngine(
            self.store,
            self.settings.max_monitoring_seconds,
            cache_bytes=self.settings.max_monitoring_cache_bytes,
        )
        self._opened.add("figures", self.figures.close)
        self.figure_service = FigureService(self.figures, self.catalog, self.registry)
        self._opened.add("figure threads", self.figure_service.close)

    def _open_backend(self) -> Backend:
        if self._is_cluster:
            return open_cluster(self.settings, self.disk, self.metrics, self._opened)
        return open_embedded(self.settings, self.directory, self.disk, self.metrics, self._opened)

    def _make_workers(self) -> None:
        settings = self.settings
        self.readiness = Readiness(self.catalog, self.store, self.disk)
        self.readers = FileReaders(
            settings.file_reader_memory_bytes, settings.file_reader_seconds, reads_bucket=self._is_cluster
        )
        self.queue = JobQueue(self.catalog, settings.max_unfinished_jobs)
        job_handlers = JobHandlers(
            self.catalog,
            self.store,
            self.registry,
            self.file_store,
            self.readers,
            copies=self.directory.incoming,
            chunk_rows=self._chunk_rows,
            max_rejected_rows=settings.max_rejected_rows,
        )
        self.workers = Workers(
            self.catalog,
            self.queue,
            job_handlers.by_kind(),
            settings.job_workers,
            self.store.end_job,
            stopping=self._stopping,
            observe_lease=self.metrics.observe_lease,
        )
        client = HttpClient(settings.allow_private_receivers)
        self.sender = Sender(self.catalog, self.box, settings.channels(), client)
        self.delivery = DeliveryWorker(self.catalog, self.sender, self.metrics.observe_notification)
        self.announcer = Announcer(timedelta(seconds=settings.notification_wait_seconds))
        self.alerts = AlertEvaluator(
            self.catalog,
            self.store,
            self.figure_service,
            self.announcer,
            self.metrics.observe_alert_bins,
            debounce_seconds=settings.alert_debounce_seconds,
        )
        periods = Periods(
            timedelta(hours=settings.used_file_hours),
            timedelta(days=settings.unused_file_days),
            timedelta(days=settings.job_days),
            timedelta(days=settings.alert_record_days),
            timedelta(days=settings.alert_evaluation_days),
            timedelta(days=settings.notification_days),
        )
        orphans = OrphanSweep(self.catalog, self.file_store, is_shared=self._is_cluster)
        self.retention = Retention(self.catalog, self.store, self.file_store, orphans, periods)
        record_period = timedelta(hours=settings.retry_record_hours)
        self.purge = Purge(self.catalog, self.store, self.retention, record_period)
        show_state(
            self.metrics,
            catalog=self.catalog,
            store=self.store,
            batcher=self.batcher,
            directory=self.directory,
            disk=self.disk,
        )

    def start(self) -> None:
        """Continue the unfinished jobs of an earlier process, and start the workers."""
        end_orphans(self.catalog, self.store, utc_now())
        self.readers.start()
        self._opened.add("file readers", self.readers.close)
        self._opened.add("job notifications", self.catalog.listen(self.queue.wake))
        self.workers.start()
        self._opened.add("job workers", partial(self.workers.stop, self.settings.shutdown_grace_seconds))
        self.alerts.start()
        self._opened.add("alerts", self.alerts.stop)
        self.delivery.start()
        self._opened.add("notifications", self.delivery.stop)
        self._opened.add("purge", self.purge.stop)
        self.readiness.is_running = True

    def stop(self) -> None:
        """Finish the accepted requests; jobs stop at a safe point."""
        self.readiness.is_running = False
        self._opened.close()


def operation_handlers(services: Services) -> dict[str, Handler]:
    """Return the function of each operation by its operationId."""
    catalog, store, queue, registry = services.catalog, services.store, services.queue, services.registry
    file_store, readiness = services.file_store, services.readiness
    return handlers(
        alert_configs=AlertConfigOperations(catalog),
        alert_records=AlertRecordOperations(catalog),
        alert_rules=AlertRuleOperations(catalog, services.figure_service, services.announcer),
        baselines=BaselineOperations(catalog, store),
        custom_metrics=CustomMetricOperations(catalog),
        environments=EnvironmentOperations(catalog, store),
        events=EventOperations(catalog, store, queue, registry, services.batcher, services.exporter),
        files=FileOperations(catalog, MultipartUploads(catalog, file_store, services.settings.max_file_bytes)),
        jobs=JobOperations(catalog, store.rejected_rows),
        models=ModelOperations(catalog, queue, registry, Proposer(catalog, file_store, services.readers)),
        monitoring=MonitoringOperations(
            catalog,
            services.figure_service,
            TrafficReader(catalog, registry, store),
            PulseReader(catalog, registry, store),
            IngestionReader(catalog, services.metrics.recent, services.replica, services.batcher.queue_depth),
        ),
        notifications=NotificationOperations(catalog, services.sender),
        projects=ProjectOperations(catalog, queue),
        segments=SegmentOperations(catalog),
        server=ServerOperations(
            catalog,
            services.settings.server_version,
            readiness.is_ready,
            readiness.is_writable,
            ServerReport(services.settings, catalog, services.directory),
        ),
        sessions=SessionOperations(
            catalog,
            services.authentication,
            services.cookie,
            is_secure=(services.settings.public_url or "").startswith("https:"),
        ),
        tokens=TokenOperations(catalog, services.directory),
        webhooks=WebhookOperations(catalog, services.box),
    )


def create_app(
    settings: Settings,
    *,
    announce: Callable[[str], None] = lambda secret: None,
    announce_login: Callable[[str], None] | None = None,
    stopping: threading.Event | None = None,
    validate_responses: bool = False,
) -> ASGIApp:
    """Build the server on its data directory. Raises a DataDirectoryError, and FileStoreError.

    `announce` gets the secret of an admin token that had to be made; it is shown nowhere else. `announce_login`
    gets a code for one login to the console, if there is an admin token. Set `stopping` to let
    another process continue the jobs before the running requests have ended.
    """
    services = Services(settings, stopping)
    if services.new_secret is not None:
        announce(services.new_secret)
    if announce_login is not None and (code := services.catalog.write(sessions.admin_code)) is not None:
        announce_login(code)
    return create_http_app(
        handlers=operation_handlers(services),
        authenticate=services.authentication.aauthenticate,
        cookie=SessionCookie(services.cookie, services.authentication.asession, settings.public_url),
        retries=IdempotencyGuard([in_store(services.store, respond), in_catalog(services.catalog)]),
        limits=settings.limits(),
        public_url=settings.public_url,
        file_store=services.file_store,
        metrics=services.metrics,
        lifespan=_lifespan(services),
        validate_responses=validate_responses,
    )


def _lifespan(services: Services) -> Any:
    @asynccontextmanager
    async def lifespan(_: Any) -> AsyncIterator[None]:
        services.start()
        log.info("server_started", version=__version__)
        try:
            async with repeated(
                (services.purge.purge, PURGE_EVERY_SECONDS),
                (services.disk.probe, PROBE_EVERY_SECONDS),
                (release_memory, RELEASE_SECONDS),
            ):
                yield
        finally:
            await asyncio.to_thread(services.stop)
            log.info("server_stopped")

    return lifespan
