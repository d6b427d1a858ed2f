"""Work that one process at a time does: the lease of it that this process holds, and the thread that repeats it.

Each change of the work proves that the process still holds the lease. `catalog/work_leases.py` has the rules.
"""

import threading
import time
from collections.abc import Callable
from typing import TypeVar

import structlog
from sqlalchemy.orm import Session

from inference_events.catalog import Catalog, work_leases
from inference_events.catalog.tables import new_id
from inference_events.catalog.work_leases import HeldWork
from inference_events.errors import ServiceUnavailable
from inference_events.events.store_errors import Retryable

T = TypeVar("T")

_RENEWALS = 3

log = structlog.get_logger(__name__)


class LeaseLost(Exception):
    """Another process does the work now."""


class WorkLeaseHolder:
    """Claims, renews and releases the lease of a kind of work, in the thread that does it.

    Other threads may only call `change` and `drop`.
    """

    def __init__(self, catalog: Catalog, work: str, seconds: float) -> None:
        self.work = work
        self._catalog = catalog
        self._seconds = seconds
        self._owner = new_id()
        self._held: HeldWork | None = None
        self._renewed_at = 0.0

    @property
    def held(self) -> HeldWork | None:
        """Return the claim of this process, if it has one."""
        return self._held

    def hold(
        self, before: Callable[[], object] = lambda: None, within: Callable[[Session], object] = lambda session: None
    ) -> bool:
        """Claim the lease, or renew it in good time. Return whether this process has it. Raises LeaseLost.

        `before` is called before a claim, and `within` in the transaction of one that succeeds.
        """
        begun, held = time.monotonic(), self._held
        if held is None:
            self._held = self._claim(before, within)
        elif begun - self._renewed_at < self._seconds / _RENEWALS:
            return True
        elif not self._catalog.write(lambda session: work_leases.renew(session, held, self._seconds)):
            self.drop(held)
            raise LeaseLost
        self._renewed_at = begun
        return self._held is not None

    def release(self) -> None:
        """Let other processes do the work. Without a claim this writes nothing."""
        held, self._held = self._held, None
        if held is not None:
            self._catalog.write(lambda session: work_leases.release(session, held))

    def drop(self, held: HeldWork) -> None:
        """Forget a claim, which ends by itself, unless a later one has replaced it."""
        if self._held == held:
            self._held = None

    def change(self, held: HeldWork | None, change: Callable[[Session], T]) -> T:
        """Return the result of a change in a transaction that proves a claim. Raises LeaseLost."""

        def checked(session: Session) -> T:
            if held is None or not work_leases.lock(session, held):
                raise LeaseLost
            return change(session)

        try:
            return self._catalog.write(checked)
        except LeaseLost:
            if held is not None:
                self.drop(held)
            raise

    def _claim(self, before: Callable[[], object], within: Callable[[Session], object]) -> HeldWork | None:
        if not self._catalog.read(lambda session: work_leases.is_free(session, self.work, self._owner)):
            return None
        before()

        def claim(session: Session) -> HeldWork | None:
            held = work_leases.claim(session, self.work, self._owner, self._seconds)
            if held is not None:
                within(session)
            return held

        return self._catalog.write(claim)


class LeasedThread:
    """Calls `step` repeatedly in a thread, even after failures, until `stop` sets `stopping`."""

    def __init__(self, work: str, step: Callable[[], object], pause_seconds: float) -> None:
        self.stopping = threading.Event()
        self._work = work
        self._step = step
        self._pause_seconds = pause_seconds
        self._thread = threading.Thread(target=self._run, name=work, daemon=True)

    def start(self) -> None:
        """Begin to work."""
        self._thread.start()

    def stop(self) -> None:
        """Wait for the end of the running step."""
        self.stopping.set()
        if self._thread.ident is not None:
            self._thread.join()

    def _run(self) -> None:
        while not self.stopping.is_set():
            try:
                self._step()
            except LeaseLost:
                log.warning("work_lease_lost", work=self._work)
            except (ServiceUnavailable, Retryable):
                log.warning("work_waits_for_database", work=self._work)
            except Exception:
                log.error("work_failed", work=self._work, exc_info=True)
            self.stopping.wait(self._pause_seconds)
