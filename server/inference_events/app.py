"""The whole server, put together. Nothing is decided here."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import structlog
from connexion.apps.asynchronous import AsyncApp
from sqlalchemy.orm import Session

from inference_events import __version__
from inference_events.arrivals import Arrivals
from inference_events.catalog import attempts, jobs
from inference_events.catalog.authentication import Authentication
from inference_events.catalog.opening import checked_catalog, prepare_catalog
from inference_events.catalog.tables import utc_now
from inference_events.context import Request
from inference_events.data_directory import DataDirectory
from inference_events.disk import PROBE_EVERY_SECONDS, Disk
from inference_events.disk_usage import free_bytes, used_bytes
from inference_events.events.records import find_earlier
from inference_events.events.store import OpenJob
from inference_events.files.adoption import adopt_parts
from inference_events.files.local import LocalFileStore
from inference_events.http.limits import Limits, Pace
from inference_events.http.server import create_http_app
from inference_events.ingest.readers import FileReaders
from inference_events.ingest.timestamps import microseconds
from inference_events.jobs import JobQueue, Workers
from inference_events.jobs.handlers import JobHandlers
from inference_events.metrics import Metrics
from inference_events.migration import check_directory, open_store
from inference_events.operations.baselines import BaselineOperations
from inference_events.operations.downloads import DownloadOperations
from inference_events.operations.environments import EnvironmentOperations
from inference_events.operations.events import EventOperations, respond
from inference_events.operations.files import FileOperations
from inference_events.operations.jobs import JobOperations
from inference_events.operations.model_factory import ModelFactoryOperations
from inference_events.operations.models import ModelOperations
from inference_events.operations.projects import ProjectOperations
from inference_events.operations.server import ServerOperations
from inference_events.operations.tokens import TokenOperations
from inference_events.parts import drop_unfinished
from inference_events.retention import Periods, Retention
from inference_events.retries import Earlier, Retries
from inference_events.settings import Settings
from inference_events.targets import Targets
from inference_events_api import types as t

log = structlog.get_logger(__name__)

PURGE_EVERY_SECONDS = 600


class Operations(
    BaselineOperations,
    DownloadOperations,
    EnvironmentOperations,
    EventOperations,
    FileOperations,
    JobOperations,
    ModelFactoryOperations,
    ModelOperations,
    ProjectOperations,
    ServerOperations,
    TokenOperations,
):
    """Every operation of the contract, in one object."""

    def __init__(self, services: "Services") -> None:
        catalog, store, queue, targets = services.catalog, services.store, services.queue, services.targets
        BaselineOperations.__init__(self, catalog, store)
        DownloadOperations.__init__(self, store, targets, services.directory)
        EnvironmentOperations.__init__(self, catalog, store)
        EventOperations.__init__(self, catalog, store, queue, targets, services.arrivals)
        FileOperations.__init__(self, catalog, services.file_store, services.settings.max_file_bytes)
        JobOperations.__init__(self, catalog, services.rejected_rows)
        ModelFactoryOperations.__init__(self, catalog, services.file_store, services.readers)
        ModelOperations.__init__(self, catalog, queue, targets)
        ProjectOperations.__init__(self, catalog, queue)
        ServerOperations.__init__(
            self, catalog, services.settings.server_version, services.are_ready, services.is_writable
        )
        TokenOperations.__init__(self, catalog, services.directory)


class Services:
    """What the operations work with: the stores, and the workers that do jobs on them."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.directory = DataDirectory(settings.data_dir)
        check_directory(self.directory)
        self.disk = Disk(self.directory.incoming)
        self.file_store = LocalFileStore(self.directory.files, self.directory.incoming)
        self.metrics = Metrics(self.disk.note_failure)
        self.catalog = checked_catalog(self.directory.catalog_file, self.disk.note_failure)
        if self.catalog.migrated:
            log.info("catalog_migrated", **self.catalog.migrated)
        self.store = open_store(self.directory, self.catalog, settings.checkpoint_bytes, self.metrics)
        self.new_secret = prepare_catalog(self.catalog, settings, self.directory)
        adopt_parts(self.directory.parts, self.catalog, self.file_store)
        self.targets = Targets(self.catalog, self.store)
        self.arrivals = Arrivals(self.store, self.targets, self.metrics.observe_batch)
        self.readers = FileReaders(settings.file_reader_memory_bytes, settings.file_reader_seconds)
        self.queue = JobQueue(self.catalog, settings.max_unfinished_jobs)
        handlers = JobHandlers(
            self.catalog,
            self.store,
            self.targets,
            self.file_store,
            self.readers,
            chunk_rows=settings.file_chunk_rows,
            max_rejected_rows=settings.max_rejected_rows,
        )
        self.workers = Workers(self.catalog, self.queue, handlers.by_kind(), settings.job_workers, self.store.end_job)
        self._show_metrics()
        self.retention = Retention(
            self.catalog,
            self.store,
            self.file_store,
            Periods(
                timedelta(hours=settings.used_file_hours),
                timedelta(days=settings.unused_file_days),
                timedelta(days=settings.job_days),
            ),
        )
        self._running = False
        self._stopping = threading.Event()
        self._purging = threading.Lock()

    def start(self) -> None:
        """Continue what an earlier process left unfinished."""
        unfinished = self.catalog.read(jobs.unfinished)
        self.store.restore_jobs(
            [OpenJob(job.id, job.model_id, job.epoch) for job in unfinished if job.model_id]
        ).result()
        self.readers.start()
        self.workers.start()
        self._running = True

    def stop(self) -> None:
        """Finish what was accepted; jobs stop at a safe point."""
        self._running = False
        self._stopping.set()
        # A purge ends after the step that it is at.
        with self._purging:
            pass
        self.workers.stop(self.settings.shutdown_grace_seconds)
        self.readers.close()
        self.arrivals.stop()
        self.store.close()
        self.catalog.close()
        self.directory.close()

    def _show_metrics(self) -> None:
        self.catalog.after_commit(self._count_ended_jobs)
        self.metrics.show_state(
            is_writable=self.is_writable,
            queue_depths=lambda: {"requests": self.arrivals.queue_depth(), "commits": self.store.queue_depth()},
            unfinished_jobs=lambda: self.catalog.read(jobs.unfinished_by_kind),
            data_bytes=partial(used_bytes, self.directory),
            free_bytes=partial(free_bytes, self.directory),
        )

    def _count_ended_jobs(self, session: Session) -> None:
        for kind, status in jobs.ended(session):
            self.metrics.observe_job(kind, status)

    def are_ready(self) -> bool:
        """Report whether something can be served. On a full disk that may be the catalog alone."""
        return self._running and (self.store.answers() or not self.disk.is_writable)

    def is_writable(self) -> bool:
        return self.disk.is_writable

    def rejected_rows(self, job_id: str, offset: int, limit: int) -> tuple[list[t.RejectedRow], int]:
        rows, total = self.store.rejected_rows(job_id, offset, limit)
        return [{"row": row.row, "reason": row.reason, "message": row.message} for row in rows], total

    async def find_in_store(self, request: Request) -> Earlier | None:
        return await asyncio.to_thread(find_earlier, self.store, respond, request)

    async def find_in_catalog(self, request: Request) -> Earlier | None:
        attempt = await self.catalog.aread(lambda session: attempts.find(session, request))
        return None if attempt is None else Earlier(attempt.body_digest, attempt.answer, attempt.created_at)

    def purge(self) -> None:
        """Remove what is too old to be kept, step by step, until all is done or the server stops."""
        with self._purging:
            for _ in self._purge(utc_now()):
                if self._stopping.is_set():
                    return

    def _purge(self, now: datetime) -> Iterator[None]:
        yield
        before = now - timedelta(hours=self.settings.retry_record_hours)
        self.store.purge_records(microseconds(before)).result()
        yield
        self.catalog.write(lambda session: attempts.purge(session, before))
        yield
        drop_unfinished(self.catalog)
        yield
        yield from self.retention.purge(now)


def create_app(
    settings: Settings,
    *,
    announce: Callable[[str], None] = lambda secret: None,
    validate_responses: bool = False,
) -> AsyncApp:
    """Build the server on its data directory. Raises a DataDirectoryError.

    `announce` gets the secret of an admin token that had to be made; it is shown nowhere else.
    """
    services = Services(settings)
    if services.new_secret is not None:
        announce(services.new_secret)
    return create_http_app(
        operations=Operations(services),
        authenticate=Authentication(services.catalog).authenticate,
        retries=Retries([services.find_in_store, services.find_in_catalog]),
        limits=Limits(
            event_body_bytes=settings.max_event_body_bytes,
            event_body_values=settings.max_event_body_values,
            event_bytes=settings.max_event_bytes,
            event_values=settings.max_event_values,
            json_body_bytes=settings.max_body_bytes,
            json_body_values=settings.max_body_values,
            file_bytes=settings.max_file_bytes,
            bodies_in_flight_bytes=settings.max_bodies_in_flight_bytes,
            pace=Pace(idle_seconds=settings.max_body_idle_seconds),
        ),
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
        repeated = [
            asyncio.create_task(_repeat(services.purge, PURGE_EVERY_SECONDS)),
            asyncio.create_task(_repeat(services.disk.probe, PROBE_EVERY_SECONDS)),
        ]
        try:
            yield
        finally:
            for task in repeated:
                task.cancel()
            await asyncio.wait(repeated)
            await asyncio.to_thread(services.stop)
            log.info("server_stopped")

    return lifespan


async def _repeat(work: Callable[[], None], seconds: float) -> None:
    """Do work in a thread again and again. A failure, as of a full disk, does not end it."""
    while True:
        try:
            await asyncio.to_thread(work)
        except Exception:
            log.error("repeated_work_failed", work=work.__name__, exc_info=True)
        await asyncio.sleep(seconds)
