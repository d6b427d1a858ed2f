"""Remove expired files, jobs and messages, in short steps so that other writes wait only briefly."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

import structlog

from inference_events.catalog import Catalog, files, jobs, outbox, retention
from inference_events.catalog.retention import FileAges
from inference_events.events.store import JobStore
from inference_events.files.store import FileStore
from inference_events.files.sweep import OrphanSweep, delete_released
from inference_events.jobs.resuming import end_orphans

STEP = 100

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Periods:
    """How long files are kept after their last job, unused ones after their upload, jobs and messages after an end."""

    used_files: timedelta
    unused_files: timedelta
    jobs: timedelta
    messages: timedelta


class Retention:
    """Removes expired files, jobs and messages. After a crash between two steps the next purge removes the rest."""

    def __init__(
        self, catalog: Catalog, store: JobStore, file_store: FileStore, orphans: OrphanSweep, periods: Periods
    ) -> None:
        self._catalog = catalog
        self._store = store
        self._file_store = file_store
        self._orphans = orphans
        self._periods = periods

    def purge(self, now: datetime) -> Iterator[None]:
        """Remove files, jobs and messages that have expired, step by step: the caller may stop after each step."""
        yield from self._remove_files(FileAges(now - self._periods.used_files, now - self._periods.unused_files))
        yield from delete_released(self._catalog, self._file_store)
        end_orphans(self._catalog, self._store, now)
        yield
        before = now - self._periods.jobs
        yield from self._forget_jobs(before)
        while self._catalog.write(partial(files.forget_removed, before=before, limit=STEP)):
            yield
        before = now - self._periods.messages
        while self._catalog.write(partial(outbox.forget, before=before, limit=STEP)):
            yield
        # Last, as it needs the file store, which may not be available.
        yield from self._orphans.run(now)

    def _remove_files(self, kept: FileAges) -> Iterator[None]:
        expired = partial(retention.expired_files, kept=kept, limit=STEP)
        while ids := self._catalog.read(expired):
            removed = self._catalog.write(partial(retention.remove_expired, kept=kept, ids=ids))
            log.info("files_removed", files=removed)
            yield

    def _forget_jobs(self, before: datetime) -> Iterator[None]:
        while ids := self._catalog.read(partial(jobs.expired, before=before, limit=STEP)):
            # The store comes first: a crash in between leaves jobs, which are found again.
            while not self._store.forget_jobs(ids).result():
                yield
            self._catalog.write(partial(jobs.forget, ids=ids))
            log.info("jobs_forgotten", jobs=len(ids))
            yield
