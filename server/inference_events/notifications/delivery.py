"""Deliver the messages of the outbox: one process at a time, each destination at its own pace.

The process holds a lease, and each of its changes proves that it still does. An attempt is noted before it begins and
after it ended. After a crash in between the next holder sends the same message again with the same id, so a message may
arrive twice but is never lost.
"""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from datetime import datetime

import structlog
from sqlalchemy.orm import Session

from inference_events.catalog import Catalog, outbox
from inference_events.catalog.tables import OutboxMessage, utc_now
from inference_events.catalog.work_leases import HeldWork
from inference_events.leased_work import LeasedThread, LeaseLost, WorkLeaseHolder
from inference_events.notifications.backoff import next_attempt, wanted
from inference_events.notifications.sender import Result, Sender

WORK = "notifications"
LEASE_SECONDS = 30.0
# How long a message may wait for its turn after it became due.
_POLL_SECONDS = 1.0
# Messages that are sent at the same time, each to another destination.
_SENDERS = 8
_TOO_MANY_REQUESTS = 429

log = structlog.get_logger(__name__)


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
        self._pace_seconds = pace_seconds
        self._now = now
        self._threads = ThreadPoolExecutor(_SENDERS, thread_name_prefix="notification")
        self._running: dict[tuple[str, str], Future[None]] = {}
        self._last_sent: dict[tuple[str, str], float] = {}
        self._lease = WorkLeaseHolder(catalog, WORK, lease_seconds)
        self._thread = LeasedThread(WORK, self._step, poll_seconds)

    def start(self) -> None:
        """Begin to deliver, first what an earlier process was sending."""
        self._thread.start()

    def stop(self) -> None:
        """Begin no attempt any more, wait for the running ones, and release the lease."""
        self._thread.stop()
        self._threads.shutdown()
        self._lease.release()

    def _step(self) -> None:
        is_any_due = self._catalog.read(lambda session: outbox.is_any_due(session, self._now()))
        is_sending = not all(future.done() for future in self._running.values())
        if is_any_due or (self._lease.held is not None and is_sending):
            self._lease.hold(self._end_attempts, lambda session: outbox.reset_sending(session, self._now()))
        else:
            # Other processes may deliver what becomes due later.
            self._lease.release()
        if (held := self._lease.held) is not None:
            self._send_due(held)

    def _end_attempts(self) -> None:
        """Wait for the attempts of an earlier lease, because their messages are sent again."""
        wait(self._running.values())
        self._running.clear()

    def _send_due(self, held: HeldWork) -> None:
        self._running = {key: future for key, future in self._running.items() if not future.done()}
        busy = {*self._running, *self._resting()}
        room = _SENDERS - len(self._running)
        if room <= 0:
            return
        batches = self._lease.change(held, lambda session: outbox.due_batches(session, self._now(), room, busy))
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
            state = self._lease.change(held, lambda session: self._note(session, batch, result))
        except LeaseLost:
            # Another process sends the message again, with the same id.
            log.warning("notification_result_dropped", message=first.batch_id, channel=first.channel)
            return
        except Exception:
            log.error("notification_result_lost", message=first.batch_id, channel=first.channel, exc_info=True)
            # The message stays `sending` until the lease is claimed again.
            self._lease.drop(held)
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
