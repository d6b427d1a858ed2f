"""Answers of requests that changed something, kept so that a repetition gets the same one."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import delete, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from inference_events.catalog.concurrency import one_at_a_time
from inference_events.catalog.tables import IdempotencyRecord, utc_now
from inference_events.context import KeyClaimed, Request


def find(session: Session, request: Request) -> IdempotencyRecord | None:
    """Return the newest answer given to `request`: by its key, or else by its body.

    One found by key may be of another body: compare `body_digest`. Without a key, keyed ones do not count.
    """
    same = IdempotencyRecord.idempotency_key == request.idempotency_key
    if request.idempotency_key is None:
        same = IdempotencyRecord.idempotency_key.is_(None) & (IdempotencyRecord.body_digest == request.body_digest)
    same_target = (
        IdempotencyRecord.token_id == request.token_id,
        IdempotencyRecord.method == request.method,
        IdempotencyRecord.path == request.path,
    )
    return session.scalars(
        select(IdempotencyRecord).where(*same_target, same).order_by(IdempotencyRecord.id.desc()).limit(1)
    ).first()


def claim(session: Session, request: Request, retried_within: timedelta) -> None:
    """Let no other attempt at `request` change anything until the transaction ends. Call it first in the transaction.

    Raises KeyClaimed if an attempt with its idempotency key has succeeded, or, for a retry without a key, one with its
    body that is not older than `retried_within`.
    """
    one_at_a_time(
        session, request.token_id, request.method, request.path, request.idempotency_key or request.body_digest
    )
    if request.idempotency_key is None and not request.is_retry:
        return
    earlier = find(session, request)
    if earlier is not None and (request.idempotency_key or utc_now() - earlier.created_at < retried_within):
        raise KeyClaimed


def record(session: Session, request: Request, response: Mapping[str, object]) -> None:
    """Keep the answer to `request`. Call it in the write whose effect it tells of.

    Raises KeyClaimed if its idempotency key has a record.
    """
    # What waits to be flushed may break other constraints.
    session.flush()
    new = insert(IdempotencyRecord).values(
        token_id=request.token_id,
        method=request.method,
        path=request.path,
        idempotency_key=request.idempotency_key,
        body_digest=request.body_digest,
        response=dict(response),
    )
    try:
        session.execute(new)
    except IntegrityError as error:
        raise KeyClaimed from error


def purge(session: Session, before: datetime) -> int:
    """Forget the answers given before a time. Returns how many."""
    forgotten = session.execute(
        delete(IdempotencyRecord).where(IdempotencyRecord.created_at < before).returning(IdempotencyRecord.id)
    )
    return len(forgotten.all())
