"""Webhooks as they are stored: their names, encrypted URLs and signing secrets."""

import secrets
from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from inference_events.catalog import Catalog, webhooks
from inference_events.catalog.tables import Webhook, new_id
from inference_events.catalog.webhooks import OTHER
from inference_events.errors import BadRequest
from inference_events.notifications.addresses import split_url
from inference_events.notifications.encryption import SecretBox
from inference_events.notifications.sender import secret_context, url_context

MIN_NAME, MAX_NAME = 2, 127


def new_webhook(box: SecretBox, fields: Mapping[str, str]) -> tuple[Webhook, str | None]:
    """Return a row for name, URL and provider, and its signing secret if it has one.

    Raises BadRequest, and Conflict without a key.
    """
    id = new_id()
    changes, secret = _columns(box, id, fields, signs=fields["provider"] == OTHER)
    return Webhook(id=id, **changes), secret


def changes_of(box: SecretBox, row: Webhook, fields: Mapping[str, str]) -> tuple[dict[str, Any], str | None]:
    """Return the columns of a webhook that change, and its new signing secret if it gets one.

    Raises BadRequest, and Conflict without a key.
    """
    provider = fields.get("provider", row.provider)
    changes, secret = _columns(box, row.id, fields, signs=provider == OTHER and row.secret is None)
    if provider != OTHER:
        changes["secret"] = None
    return changes, secret


def is_same(box: SecretBox, row: Webhook, fields: Mapping[str, str]) -> bool:
    """Return whether a webhook is what a request asks for."""
    return row.provider == fields["provider"] and url_of(box, row) == fields["url"]


def url_of(box: SecretBox, row: Webhook) -> str:
    """Return a webhook's URL, decrypted. Raises SecretKeyError."""
    return box.decrypt(row.url, url_context(row.id))


def signing_secret_of(box: SecretBox, row: Webhook) -> str | None:
    """Return a webhook's signing secret, decrypted. Raises SecretKeyError."""
    return None if row.secret is None else box.decrypt(row.secret, secret_context(row.id))


def checked_name(name: str) -> str:
    """Return a name without white space at its ends. Raises BadRequest."""
    stripped = name.strip()
    if not MIN_NAME <= len(stripped) <= MAX_NAME:
        fault = f"must have {MIN_NAME} to {MAX_NAME} characters besides white space at its ends"
        raise BadRequest.at("/name", fault)
    return stripped


def check_key(catalog: Catalog, box: SecretBox) -> None:
    """Check that the stored secrets can be read. Raises SecretKeyError."""

    def check(session: Session) -> None:
        row = webhooks.any_of_all(session)
        if row is not None:
            url_of(box, row)

    catalog.read(check)


def _columns(box: SecretBox, id: str, fields: Mapping[str, str], signs: bool) -> tuple[dict[str, Any], str | None]:
    columns: dict[str, Any] = {name: fields[name] for name in ("provider",) if name in fields}
    if "name" in fields:
        columns["name"] = checked_name(fields["name"])
    if "url" in fields:
        columns["masked_url"] = _masked(fields["url"])
        columns["url"] = box.encrypt(fields["url"], url_context(id))
    secret = f"whs_{secrets.token_urlsafe(32)}" if signs else None
    if secret is not None:
        columns["secret"] = box.encrypt(secret, secret_context(id))
    return columns, secret


def _masked(url: str) -> str:
    try:
        parts = split_url(url)
    except ValueError as error:
        raise BadRequest.at("/url", str(error)) from None
    return f"{parts.scheme}://{parts.netloc}/***"
