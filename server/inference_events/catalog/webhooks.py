"""Webhooks: receivers of alerts over HTTP. Their URLs and signing secrets are encrypted before they come here."""

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from inference_events.catalog.concurrency import Lock, find
from inference_events.catalog.listing import Listing, Page, page
from inference_events.catalog.tables import Webhook, utc_now
from inference_events.errors import Conflict, ObjectNotFound

SLACK, MS_TEAMS, OTHER = "SLACK", "MS_TEAMS", "OTHER"
_COLUMNS = {
    "id": Webhook.id,
    "uuid": Webhook.id,
    "name": Webhook.name,
    "provider": Webhook.provider,
    "created_at": Webhook.created_at,
    "updated_at": Webhook.updated_at,
}


def create(session: Session, row: Webhook) -> Webhook:
    """Add a webhook. Raises Conflict if its name is taken."""
    session.add(row)
    _flush(session)
    return row


def get(session: Session, id: str, lock: Lock = Lock.NONE) -> Webhook:
    """Return a webhook. Raises ObjectNotFound."""
    row = find(session, Webhook, id, lock)
    if row is None:
        raise ObjectNotFound.of("Webhook")
    return row


def find_webhook(session: Session, id: str) -> Webhook | None:
    """Return a webhook, None if there is none."""
    return find(session, Webhook, id)


def by_name(session: Session, name: str) -> Webhook | None:
    """Return the webhook of a name, None if there is none."""
    return session.scalar(select(Webhook).where(Webhook.name == name))


def list_page(session: Session, listing: Listing) -> Page[Webhook]:
    """Return a page of the webhooks. Raises BadRequest for a listing that cannot be read."""
    return page(session, select(Webhook), listing, _COLUMNS, "name", Webhook.folded_name)


def webhook_names(session: Session, uuids: Collection[str]) -> Mapping[str, str]:
    """Return the names of webhooks by their ids. Those of unknown ids are missing."""
    ids = {uuid.lower() for uuid in uuids}
    found = session.execute(select(Webhook.id, Webhook.name).where(Webhook.id.in_(ids)))
    return {row.id: row.name for row in found}


def lock_all(session: Session, ids: Collection[str]) -> None:
    """Let no other transaction delete these webhooks until this one ends."""
    rows = select(Webhook.id).where(Webhook.id.in_(ids)).order_by(Webhook.id)
    session.scalars(rows.with_for_update(read=True)).all()


def update(session: Session, row: Webhook, changes: Mapping[str, Any]) -> Webhook:
    """Replace columns of a webhook by name. Raises Conflict if its new name is taken."""
    for name, value in changes.items():
        setattr(row, name, value)
    row.updated_at = utc_now()
    _flush(session)
    return row


def delete(session: Session, row: Webhook) -> None:
    """Forget a webhook."""
    session.delete(row)
    session.flush()


def any_of_all(session: Session) -> Webhook | None:
    """Return the oldest webhook, None if there is none."""
    return session.scalar(select(Webhook).order_by(Webhook.created_at, Webhook.id).limit(1))


def _flush(session: Session) -> None:
    try:
        session.flush()
    except IntegrityError:
        raise Conflict(
            "A webhook integration with the provided name already exists. Webhook names must be unique."
        ) from None
