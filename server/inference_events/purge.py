"""Remove expired data regularly."""

import threading
from collections.abc import Iterator
from datetime import datetime, timedelta

from inference_events.catalog import Catalog, idempotency_records, sessions
from inference_events.catalog.tables import utc_now
from inference_events.events.ingest.timestamps import microseconds
from inference_events.events.store import RecordStore
from inference_events.files.multipart import expire_uploads
from inference_events.retention import Retention

PURGE_EVERY_SECONDS = 600


class Purge:
    """Removes old idempotency records, ended sessions, unfinished uploads, and expired files and jobs, in steps."""

    def __init__(
        self,
        catalog: Catalog,
        store: RecordStore,
        retention: Retention,
        record_period: timedelta,
    ) -> None:
        self._catalog = catalog
        self._store = store
        self._retention = retention
        self._record_period = record_period
        self._stopping = threading.Event()
        self._running = threading.Lock()

    def purge(self) -> None:
        """Remove expired data until none is left or `stop` is called. Only one replica at a time does it."""
        with self._running, self._catalog.alone("purge") as is_alone:
            for _ in self._steps(utc_now()) if is_alone else ():
                if self._stopping.is_set():
                    return

    def stop(self) -> None:
        """Wait for the current step. No further step begins."""
        self._stopping.set()
        with self._running:
            pass

    def _steps(self, now: datetime) -> Iterator[None]:
        yield
        before = now - self._record_period
        self._store.purge_records(microseconds(before)).result()
        yield
        self._catalog.write(lambda session: idempotency_records.purge(session, before))
        yield
        self._catalog.write(lambda session: sessions.purge(session, now))
        yield
        expire_uploads(self._catalog)
        yield
        yield from self._retention.purge(now)
