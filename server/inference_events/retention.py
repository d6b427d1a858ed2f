"""Remove expired files, jobs, records and messages, in short steps so that other writes wait only briefly."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

import structlog

from inference_events.catalog import Catalog, alert_retention, files, jobs, outbox, retention
from inference_events.catalog.retention import FileAges
from inference_events.events.store import JobStore
from inference_events.files.store import FileStore
from inference_events.files.sweep import OrphanSweep, delete_released
from inference_events.jobs.resuming import end_orphans

STEP = 100
RECORDS = 1000

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Periods:
    """How long data is kept.

    Files after their last job, unused files after their upload, jobs after their end, records of alerts and evaluations
    after they were made, messages about alerts after their end.
    """

    used_files: timedelta
    unused_files: timedelta
    jobs: timedelta
    alert_records: timedelta
    alert_evaluations: timedelta
    messages: timedelta


class Retention:
    """Removes expired files, jobs, records of alerts and messages about them.

    After a crash between two steps the next purge removes the rest.
    """

    def __init__(
        self, catalog: Catalog, store: JobStore, file_store: FileStore, orphans: OrphanSweep, periods: Periods
    ) -> None:
        self._catalog = catalog
        self._store = store
        self._file_store = file_store
        self._orphans = orphans
        self._periods = periods

    def purge(self, now: datetime) -> Iterator[None]:
        """Remove what has expired, step by step: the caller may stop after each step."""
        yield from self._remove_files(FileAges(now - self._periods.used_files, now - self._periods.unused_files))
        yield from delete_released(self._catalog, self._file_store)
        end_orphans(self._catalog, self._store, now)
        yield
        before = now - self._periods.jobs
        yield from self._forget_jobs(before)
        while self._catalog.write(partial(files.forget_removed, before=before, limit=STEP)):
            yield
        yield from self._forget_alerts(now)
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

    def _forget_alerts(self, now: datetime) -> Iterator[None]:
        records, evaluations = now - self._periods.alert_records, now - self._periods.alert_evaluations
        for forget in (
            partial(alert_retention.forget_rules, limit=STEP),
            partial(alert_retention.forget_traces, limit=RECORDS),
            partial(alert_retention.forget_records, before=records, limit=RECORDS),
            partial(alert_retention.forget_evaluations, before=evaluations, limit=RECORDS),
        ):
            while self._catalog.write(forget):
                yield
