"""Judge the bins of alert rules as they become due, one process at a time.

The process holds a lease, and each of its changes proves that it still does. First it queues what is to be judged: bins
that closed, and judged bins whose events changed. Then it judges the queue, the newest bins first, and all rules of a
model together. A change waits a moment in the queue, so that many changes of a bin lead to one judgement.
"""

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

import structlog
from sqlalchemy.orm import Session

from inference_events.alerts import bins
from inference_events.alerts.computing import find_facts
from inference_events.alerts.dirty_bins import DirtyBins, queue_changes
from inference_events.alerts.judgements import Announce
from inference_events.alerts.plans import RulesFacts
from inference_events.alerts.recording import record
from inference_events.catalog import Catalog, alert_queue
from inference_events.catalog.alert_queue import Behind, RuleBin
from inference_events.catalog.tables import utc_now
from inference_events.errors import ObjectNotFound, ServiceUnavailable
from inference_events.events.store import EventStore
from inference_events.events.store_errors import Retryable
from inference_events.leased_work import LeasedThread, LeaseLost, WorkLeaseHolder
from inference_events.monitoring.engine import QueryCancelled
from inference_events.monitoring.queries import FigureService

T = TypeVar("T")

WORK = "alerts"
LEASE_SECONDS = 60.0
POLL_SECONDS = 5.0
# After downtime, bins that ended before are not judged.
CATCH_UP = timedelta(days=90)
MAX_QUEUED = 100_000
# Bins of one model that are judged in one transaction.
BATCH = 100
RETRY = timedelta(seconds=30)
JUDGED, SKIPPED = "judged", "skipped"

log = structlog.get_logger(__name__)


class AlertEvaluator:
    """Judges in a thread of its own, from `start` to `stop`.

    `observe` gets a status and how many bins got it. A change of a judged bin waits for `debounce_seconds`.
    """

    def __init__(
        self,
        catalog: Catalog,
        store: EventStore,
        figures: FigureService,
        announce: Announce,
        observe: Callable[[str, int], object] = lambda status, bins: None,
        *,
        debounce_seconds: float = 60.0,
        lease_seconds: float = LEASE_SECONDS,
        poll_seconds: float = POLL_SECONDS,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._catalog = catalog
        self._figures = figures
        self._announce = announce
        self._observe = observe
        self._debounce = timedelta(seconds=debounce_seconds)
        self._now = now
        self._dirty = DirtyBins(catalog, store, time.monotonic)
        self._lease = WorkLeaseHolder(catalog, WORK, lease_seconds)
        self._thread = LeasedThread(WORK, self._step_until_stop, poll_seconds)

    def start(self) -> None:
        """Begin to judge."""
        self._thread.start()

    def stop(self) -> None:
        """Interrupt what is being computed, and release the lease."""
        self._thread.stop()
        self._lease.release()

    def step(self) -> None:
        """Queue what is to be judged, and judge all that is due, if no other process does it."""
        if not self._catalog.read(alert_queue.schedules):
            self._lease.release()
        elif self._has_lease():
            self._queue_closed()
            self._queue_changes()
            while not self._thread.stopping.is_set() and self._has_lease():
                model_id = self._catalog.read(lambda session: alert_queue.next_model(session, self._now()))
                if model_id is None:
                    break
                self._judge(model_id)

    def _step_until_stop(self) -> None:
        with suppress(QueryCancelled):
            self.step()

    def _has_lease(self) -> bool:
        """Claim or renew the lease. Return whether this process has it."""
        return self._lease.hold(self._dirty.reset)

    def _queue_closed(self) -> None:
        now = self._now()
        for size, delay in self._catalog.read(alert_queue.schedules):
            closed = bins.last_closed(size, now, delay)
            behind = self._catalog.read(partial(alert_queue.behind, size=size, delay_hours=delay, closed=closed))
            if behind:
                self._queue(size, behind, closed, now)

    def _queue(self, size: str, behind: Sequence[Behind], closed: datetime, now: datetime) -> None:
        due, skipped = zip(*(bins.missed(size, rule.watermark, closed, now - CATCH_UP) for rule in behind), strict=True)

        def queue(session: Session) -> int:
            alert_queue.queue_closed(session, behind, due, closed, now)
            return alert_queue.drop_oldest(session, MAX_QUEUED)

        self._report_skipped(sum(skipped) + self._holding(queue))

    def _queue_changes(self) -> None:
        now = self._now()
        if not (found := self._dirty.find(now)):
            return

        def queue(session: Session) -> int:
            queue_changes(session, found, now + self._debounce)
            return alert_queue.drop_oldest(session, MAX_QUEUED)

        self._report_skipped(self._holding(queue))
        self._dirty.note_stored(found)

    def _report_skipped(self, count: int) -> None:
        if count:
            log.warning("alert_bins_skipped", bins=count)
            self._observe(SKIPPED, count)

    def _judge(self, model_id: str) -> None:
        due = self._catalog.read(partial(alert_queue.due_of_model, model_id=model_id, now=self._now(), limit=BATCH))
        try:
            found = find_facts(self._figures, model_id, due, self._thread.stopping)
            self._store(due, found)
        except ObjectNotFound:
            self._holding(partial(alert_queue.remove_model, model_id=model_id))
        except (LeaseLost, QueryCancelled):
            raise
        except Exception as error:
            is_passing = isinstance(error, ServiceUnavailable | Retryable)
            log.warning("alert_bins_wait", model=model_id, bins=len(due), exc_info=None if is_passing else error)
            self._holding(partial(alert_queue.postpone, bins=due, due_at=self._now() + RETRY))

    def _store(self, due: Sequence[RuleBin], found: Sequence[RulesFacts]) -> None:
        def store(session: Session) -> None:
            for facts in found:
                record(session, facts, self._announce, self._now())
            alert_queue.remove(session, due)

        self._holding(store)
        self._observe(JUDGED, len(due))

    def _holding(self, change: Callable[[Session], T]) -> T:
        """Return the result of a change in a transaction that proves the lease. Raises LeaseLost."""
        return self._lease.change(self._lease.held, change)
