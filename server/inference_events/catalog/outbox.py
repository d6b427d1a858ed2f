"""The outbox: messages about alerts until they are delivered, and for a while after.

The evaluator adds rows in the transaction of its alert record. One process at a time, which holds a `HeldWork`, claims
batches, sends each as one message, and notes the result. Rows of a batch keep its id, so a message that is sent again
after a crash or a lost response has the same id and content. A new holder continues the batches that an earlier one
left `sending`.

A message is `pending` until an attempt begins, `sending` meanwhile, and in the end `delivered`, `failed`, `cancelled`
(its model or webhook was deleted), `suppressed` (its rule sends no notifications) or `not_configured`.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, TextClause, Update, func, or_, select, update
from sqlalchemy import delete as remove
from sqlalchemy.orm import Session

from inference_events.catalog.concurrency import insert_if_missing
from inference_events.catalog.listing import Listing, Page, page
from inference_events.catalog.tables import UNDELIVERED, OutboxMessage, new_id, utc_now

PENDING, SENDING, DELIVERED, FAILED = "pending", "sending", "delivered", "failed"
CANCELLED, SUPPRESSED, NOT_CONFIGURED = "cancelled", "suppressed", "not_configured"
STATES = (PENDING, SENDING, DELIVERED, FAILED, CANCELLED, SUPPRESSED, NOT_CONFIGURED)
# Most rows in one message.
MAX_BATCH = 50
_CHANGE: dict[str, Any] = {"synchronize_session": False}
_COLUMNS = {
    "id": OutboxMessage.id,
    "state": OutboxMessage.state,
    "channel": OutboxMessage.channel,
    "destination": OutboxMessage.destination,
    "severity": OutboxMessage.severity,
    "model_id": OutboxMessage.model_id,
    "alert_rule_id": OutboxMessage.alert_rule_id,
    "alert_record_id": OutboxMessage.alert_record_id,
    "created_at": OutboxMessage.created_at,
}


def add(session: Session, rows: Iterable[OutboxMessage]) -> int:
    """Add messages, except those that were added before. Return how many were new."""
    return sum(insert_if_missing(session, row, "key") for row in rows)


def list_page(session: Session, listing: Listing) -> Page[OutboxMessage]:
    """Return a page of the messages, the newest first. Raises BadRequest for a listing that cannot be read."""
    return page(session, select(OutboxMessage), listing, _COLUMNS, "-created_at", OutboxMessage.destination)


def undelivered(session: Session) -> Mapping[str, int]:
    """Return the number of undelivered messages by channel."""
    counted = select(OutboxMessage.channel, func.count().label("messages")).where(UNDELIVERED)
    return {row.channel: row.messages for row in session.execute(counted.group_by(OutboxMessage.channel))}


def reset_sending(session: Session, now: datetime) -> None:
    """Make the messages due that an earlier process was sending. Their batches stay as they are."""
    _change(session, update(OutboxMessage).where(OutboxMessage.state == SENDING).values(state=PENDING, due_at=now))


def is_any_due(session: Session, now: datetime) -> bool:
    """Return whether a message is due, or is being sent."""
    is_due = or_(OutboxMessage.state == SENDING, OutboxMessage.due_at <= now)
    return session.scalar(select(OutboxMessage.id).where(UNDELIVERED, is_due).limit(1)) is not None


def due_batches(
    session: Session, now: datetime, limit: int, busy: Collection[tuple[str, str]] = ()
) -> list[list[OutboxMessage]]:
    """Return up to `limit` batches that are due, each for another destination, and mark them as `sending`.

    A message that was never sent takes all pending ones of its group with it. `busy` are channels and destinations that
    get nothing now.
    """
    batches: list[list[OutboxMessage]] = []
    destination = (OutboxMessage.channel, OutboxMessage.destination)
    due = select(*destination, func.min(OutboxMessage.due_at)).where(*_is_due(now)).group_by(*destination)
    for channel, receiver, _ in session.execute(due.order_by(func.min(OutboxMessage.due_at))).all():
        if len(batches) < limit and (channel, receiver) not in busy:
            batches.append(_batch(session, _first(session, now, channel, receiver)))
    return batches


def end(session: Session, batch: Sequence[OutboxMessage], state: str, error: str | None = None) -> int:
    """End messages that are still being sent. Return how many were: others were cancelled meanwhile."""
    ended = _still_sending(batch).values(state=state, error=error, due_at=None, ended_at=utc_now())
    return _change(session, ended)


def postpone(session: Session, batch: Sequence[OutboxMessage], due_at: datetime, error: str) -> int:
    """Let messages wait for another attempt. Return how many do: others were cancelled meanwhile."""
    return _change(session, _still_sending(batch).values(state=PENDING, error=error, due_at=due_at))


def hold(session: Session, channel: str, destination: str, until: datetime) -> None:
    """Send nothing to a destination before a time, because it asked for that."""
    held = (
        update(OutboxMessage)
        .where(OutboxMessage.state == PENDING, OutboxMessage.due_at < until)
        .where(OutboxMessage.channel == channel, OutboxMessage.destination == destination)
        .values(due_at=until)
    )
    _change(session, held)


def cancel_of_models(session: Session, model_ids: Sequence[str]) -> None:
    """Cancel the undelivered messages of deleted models."""
    _cancel(session, update(OutboxMessage).where(OutboxMessage.model_id.in_(model_ids)), "The model was deleted")


def cancel_of_webhook(session: Session, id: str) -> None:
    """Cancel the undelivered messages to a deleted webhook."""
    _cancel(session, update(OutboxMessage).where(OutboxMessage.destination == id), "The webhook was deleted")


def forget(session: Session, before: datetime, limit: int) -> int:
    """Forget up to `limit` messages that ended before a time. Return how many."""
    ids = select(OutboxMessage.id).where(OutboxMessage.ended_at < before).limit(limit)
    gone = remove(OutboxMessage).where(OutboxMessage.id.in_(ids.scalar_subquery())).returning(OutboxMessage.id)
    return len(session.scalars(gone, execution_options=_CHANGE).all())


def _is_due(now: datetime) -> tuple[ColumnElement[bool] | TextClause, ...]:
    return (UNDELIVERED, OutboxMessage.state == PENDING, OutboxMessage.due_at <= now)


def _first(session: Session, now: datetime, channel: str, destination: str) -> OutboxMessage:
    to_it = (OutboxMessage.channel == channel, OutboxMessage.destination == destination)
    rows = select(OutboxMessage).where(*_is_due(now), *to_it).order_by(OutboxMessage.due_at, OutboxMessage.id)
    return session.scalars(rows.limit(1)).one()


def _batch(session: Session, first: OutboxMessage) -> list[OutboxMessage]:
    of_group = select(OutboxMessage).where(OutboxMessage.state == PENDING)
    if first.batch_id is None:
        of_group = of_group.where(OutboxMessage.group_key == first.group_key, OutboxMessage.batch_id.is_(None))
    else:
        of_group = of_group.where(OutboxMessage.batch_id == first.batch_id)
    rows = list(session.scalars(of_group.order_by(OutboxMessage.created_at, OutboxMessage.id).limit(MAX_BATCH)))
    batch_id = first.batch_id or new_id()
    for row in rows:
        row.state, row.batch_id, row.attempts = SENDING, batch_id, row.attempts + 1
    session.flush()
    return rows


def _still_sending(batch: Sequence[OutboxMessage]) -> Update:
    return update(OutboxMessage).where(OutboxMessage.id.in_([row.id for row in batch]), OutboxMessage.state == SENDING)


def _cancel(session: Session, which: Update, why: str) -> None:
    values = {"state": CANCELLED, "error": why, "due_at": None, "ended_at": utc_now()}
    _change(session, which.where(UNDELIVERED).values(values))


def _change(session: Session, statement: Update) -> int:
    return len(session.scalars(statement.returning(OutboxMessage.id), execution_options=_CHANGE).all())
