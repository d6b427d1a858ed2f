"""Responses to requests that changed something, stored so that a repeated request gets the same one."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import delete, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from inference_events.catalog.concurrency import one_at_a_time
from inference_events.catalog.tables import IdempotencyRecord, utc_now
from inference_events.context import KeyClaimed, Request


def find(session: Session, request: Request) -> IdempotencyRecord | None:
    """Return the newest record of `request`: by its key; if it has none, by its body.

    A record that is found by key may have another body: compare `body_digest`. A request without a key does not match
    records with one.
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
    """Keep other attempts of `request` waiting until the transaction ends. Call it first in the transaction.

    Raises KeyClaimed if an attempt with its idempotency key has succeeded. Without a key, it raises that for a retry if
    an attempt with its body has succeeded within `retried_within`, and for a first attempt if a retry of it has
    succeeded at another replica since it arrived.
    """
    one_at_a_time(
        session, request.token_id, request.method, request.path, request.idempotency_key or request.body_digest
    )
    earlier = find(session, request)
    if earlier is None or (request.idempotency_key is None and not _is_same(earlier, request, retried_within)):
        return
    raise KeyClaimed


def record(session: Session, request: Request, response: Mapping[str, object]) -> None:
    """Store the response to `request`. Call it in the transaction of the request's effect.

    Raises KeyClaimed if its idempotency key has a record.
    """
    # Flush first, because pending rows may violate other constraints.
    session.flush()
    new = insert(IdempotencyRecord).values(
        token_id=request.token_id,
        method=request.method,
        path=request.path,
        idempotency_key=request.idempotency_key,
        body_digest=request.body_digest,
        response=dict(response),
        is_retry=request.is_retry,
    )
    try:
        session.execute(new)
    except IntegrityError as error:
        raise KeyClaimed from error


def _is_same(earlier: IdempotencyRecord, request: Request, retried_within: timedelta) -> bool:
    """Return whether a record with the same body, and no key, belongs to the same request."""
    if request.is_retry:
        return utc_now() - earlier.created_at < retried_within
    return earlier.is_retry and earlier.created_at >= request.arrived_at


def purge(session: Session, before: datetime) -> int:
    """Delete the records made before a time. Return how many."""
    forgotten = session.execute(
        delete(IdempotencyRecord).where(IdempotencyRecord.created_at < before).returning(IdempotencyRecord.id)
    )
    return len(forgotten.all())
