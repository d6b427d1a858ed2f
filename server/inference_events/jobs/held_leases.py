"""The leases of the jobs that run in this process."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import structlog

from inference_events.catalog import Catalog, leases
from inference_events.catalog.leases import Lease

log = structlog.get_logger(__name__)


class HeldLeases:
    """Tracks the leases of running jobs, so that one thread can renew them, and release them at a stop."""

    def __init__(self, catalog: Catalog, seconds: float) -> None:
        self._catalog = catalog
        self._seconds = seconds
        self._lock = threading.Lock()
        self._held: set[Lease] = set()

    @contextmanager
    def holding(self, lease: Lease) -> Iterator[None]:
        """Hold a lease while the block runs."""
        with self._lock:
            self._held.add(lease)
        try:
            yield
        finally:
            with self._lock:
                self._held.discard(lease)

    def renew(self) -> None:
        """Renew each lease once. A run notices by itself if its lease is lost."""
        for lease in self._leases():
            try:
                self._catalog.write(partial(leases.renew, lease=lease, seconds=self._seconds))
            except Exception:
                # The next attempt may come before the lease ends.
                log.warning("lease_not_renewed", job=lease.job_id, exc_info=True)

    def release(self) -> None:
        """Let other processes claim the jobs, although their runs have not reached a safe point."""
        for lease in self._leases():
            try:
                self._catalog.write(partial(leases.release, lease=lease))
            except Exception:
                log.warning("lease_not_given_back", job=lease.job_id, exc_info=True)

    def _leases(self) -> list[Lease]:
        with self._lock:
            return sorted(self._held)
