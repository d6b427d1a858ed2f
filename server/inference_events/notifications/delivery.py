"""Deliver the messages of the outbox: one process at a time, each destination at its own pace.

The process holds a lease, and each of its changes proves that it still does. An attempt is noted before it begins and
after it ended. After a crash in between the next holder sends the same message again with the same id, so a message may
arrive twice but is never lost.
"""

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from datetime import datetime
from typing import TypeVar

import structlog
from sqlalchemy.orm import Session

from inference_events.catalog import Catalog, outbox, work_leases
from inference_events.catalog.tables import OutboxMessage, new_id, utc_now
from inference_events.catalog.work_leases import HeldWork
from inference_events.errors import ServiceUnavailable
from inference_events.notifications.backoff import next_attempt, wanted
from inference_events.notifications.sender import Result, Sender

T = TypeVar("T")

WORK = "notifications"
LEASE_SECONDS = 30.0
_RENEWALS = 3
# How long a message may wait for its turn after it became due.
_POLL_SECONDS = 1.0
# Messages that are sent at the same time, each to another destination.
_SENDERS = 8
_TOO_MANY_REQUESTS = 429

log = structlog.get_logger(__name__)


class _LeaseLost(Exception):
    """Another process delivers now."""


class DeliveryWorker:
    """Deliver messages in threads of its own, from `start` to `stop`.

    `observe` gets the channel and the state of each attempt. A destination gets at most one message in
    `pace_seconds`.
    """

    def __init__(
        self,
        catalog: Catalog,
        sender: Sender,
        observe: Callable[[str, str], object] = lambda channel, state: None,
        *,
        lease_seconds: float = LEASE_SECONDS,
        pace_seconds: float = 1.0,
        poll_seconds: float = _POLL_SECONDS,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._catalog = catalog
        self._sender = sender
        self._observe = observe
        self._lease_seconds = lease_seconds
        self._pace_seconds = pace_seconds
        self._poll_seconds = poll_seconds
        self._now = now
        self._owner = new_id()
        self._held: HeldWork | None = None
        self._stopping = threading.Event()
        self._threads = ThreadPoolExecutor(_SENDERS, thread_name_prefix="notification")
        self._running: dict[tuple[str, str], Future[None]] = {}
        self._last_sent: dict[tuple[str, str], float] = {}
        self._renewed_at = 0.0
        self._thread = threading.Thread(target=self._run, name="notifications", daemon=True)

    def start(self) -> None:
        """Begin to deliver, first what an earlier process was sending."""
        self._thread.start()

    def stop(self) -> None:
        """Begin no attempt any more, wait for the running ones, and release the lease."""
        self._stopping.set()
        if self._thread.ident is not None:
            self._thread.join()
        self._threads.shutdown()
        self._release()

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._step()
            except _LeaseLost:
                log.warning("notification_lease_lost")
                self._held = None
            except ServiceUnavailable:
                log.warning("notifications_wait_for_database")
            except Exception:
                log.error("notifications_failed", exc_info=True)
            self._stopping.wait(self._poll_seconds)

    def _step(self) -> None:
        held, is_any_due = self._held, self._catalog.read(lambda session: outbox.is_any_due(session, self._now()))
        if held is None:
            if is_any_due and self._catalog.read(lambda session: work_leases.is_free(session, WORK, self._owner)):
                self._claim()
        elif not is_any_due and all(future.done() for future in self._running.values()):
            self._release()
        elif time.monotonic() - self._renewed_at > self._lease_seconds / _RENEWALS:
            self._renew(held)
        if self._held is not None:
            self._send_due(self._held)

    def _release(self) -> None:
        """Let other processes deliver what becomes due later. An idle process writes nothing."""
        held, self._held = self._held, None
        if held is not None:
            self._catalog.write(lambda session: work_leases.release(session, held))

    def _claim(self) -> None:
        # Attempts of an earlier lease must have ended: their messages are sent again.
        wait(self._running.values())
        self._running.clear()

        def claim(session: Session) -> HeldWork | None:
            held = work_leases.claim(session, WORK, self._owner, self._lease_seconds)
            if held is not None:
                outbox.reset_sending(session, self._now())
            return held

        begun = time.monotonic()
        self._held = self._catalog.write(claim)
        self._renewed_at = begun

    def _renew(self, held: HeldWork) -> None:
        begun = time.monotonic()
        if not self._catalog.write(lambda session: work_leases.renew(session, held, self._lease_seconds)):
            raise _LeaseLost
        self._renewed_at = begun

    def _send_due(self, held: HeldWork) -> None:
        self._running = {key: future for key, future in self._running.items() if not future.done()}
        busy = {*self._running, *self._resting()}
        room = _SENDERS - len(self._running)
        if room <= 0:
            return
        batches = self._holding(held, lambda session: outbox.due_batches(session, self._now(), room, busy))
        for batch in batches:
            key = (batch[0].channel, batch[0].destination)
            self._last_sent[key] = time.monotonic()
            self._running[key] = self._threads.submit(self._deliver, held, batch)

    def _resting(self) -> set[tuple[str, str]]:
        """Return the destinations that got a message a moment ago."""
        since = time.monotonic() - self._pace_seconds
        self._last_sent = {key: sent for key, sent in self._last_sent.items() if sent > since}
        return set(self._last_sent)

    def _deliver(self, held: HeldWork, batch: Sequence[OutboxMessage]) -> None:
        first = batch[0]
        try:
            result = self._sender.send(batch)
        except Exception:
            log.error("notification_broke", message=first.batch_id, channel=first.channel, exc_info=True)
            result = Result(outbox.PENDING, "the server failed; the message's id finds the cause in its log")
        try:
            state = self._holding(held, lambda session: self._note(session, batch, result))
        except _LeaseLost:
            # Another process sends the message again, with the same id.
            log.warning("notification_result_dropped", message=first.batch_id, channel=first.channel)
            return
        except Exception:
            log.error("notification_result_lost", message=first.batch_id, channel=first.channel, exc_info=True)
            # The message stays `sending` until the lease is claimed again.
            self._held = None
            return
        self._observe(first.channel, state)
        log.info("notification_sent", message=first.batch_id, channel=first.channel, state=state, status=result.status)

    def _note(self, session: Session, batch: Sequence[OutboxMessage], result: Result) -> str:
        """Store the result of an attempt and return the state of its messages."""
        if result.state != outbox.PENDING:
            outbox.end(session, batch, result.state, result.error)
            return result.state
        first, now, error = batch[0], self._now(), result.error or "no attempt succeeded"
        due_at = next_attempt(now, first.created_at, first.attempts, result.retry_after)
        if due_at is None:
            outbox.end(session, batch, outbox.FAILED, error)
            return outbox.FAILED
        outbox.postpone(session, batch, due_at, error)
        until = wanted(result.retry_after, now) if result.status == _TOO_MANY_REQUESTS else None
        if until is not None:
            outbox.hold(session, first.channel, first.destination, until)
        return outbox.PENDING

    def _holding(self, held: HeldWork, change: Callable[[Session], T]) -> T:
        """Return the result of a change in a transaction that proves the lease. Raises _LeaseLost."""

        def checked(session: Session) -> T:
            if not work_leases.lock(session, held):
                raise _LeaseLost
            return change(session)

        return self._catalog.write(checked)
