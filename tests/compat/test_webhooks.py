"""Webhooks as an administrator of the vendor's platform manages them."""

from collections.abc import Iterator
from uuid import uuid4

import fiddler as fdl
import pytest

from tests.compat.conftest import TOKEN
from tests.program import Served

URL = "https://hooks.slack.com/services/T000/B000/XXXX"


@pytest.fixture(autouse=True)
def administrator(server: Served, notebook_token: str, connection: None) -> Iterator[None]:
    """Connect with an admin token, as webhooks need."""
    fdl.init(url=server.url, token=TOKEN)
    yield
    fdl.init(url=server.url, token=notebook_token)


def new_webhook(provider: str = "SLACK") -> fdl.Webhook:
    return fdl.Webhook(name=f"hook_{uuid4().hex[:12]}", url=URL, provider=provider).create()


def shown(webhook: fdl.Webhook) -> tuple[object, ...]:
    return (str(webhook.id), webhook.name, webhook.url, str(getattr(webhook.provider, "value", webhook.provider)))


@pytest.mark.parametrize("provider", ["SLACK", "OTHER"])
def test_a_webhook_is_created_and_found(provider: str) -> None:
    """It gets an id and times, and is found by its id and in the list, with its whole URL."""
    made = new_webhook(provider)
    assert made.created_at
    assert made.updated_at
    assert shown(made)[1:] == (made.name, URL, provider)
    assert shown(fdl.Webhook.get(made.id)) == shown(made)
    assert shown(made) in [shown(found) for found in fdl.Webhook.list()]


@pytest.mark.needs("Webhook.from_name")
def test_a_webhook_is_found_by_name() -> None:
    """A name that is unknown is not found."""
    made = new_webhook()
    assert shown(fdl.Webhook.from_name(made.name)) == shown(made)
    with pytest.raises(fdl.NotFound):
        fdl.Webhook.from_name(f"{made.name}_")


def test_a_webhook_is_changed() -> None:
    """The client sends a form in some versions and JSON in others; both change name and URL."""
    made = new_webhook()
    made.name, made.url = f"{made.name} & co", f"{URL}?a=b&c=d"
    made.update()
    assert shown(fdl.Webhook.get(made.id)) == shown(made)
    assert made.name.endswith(" & co")


def test_a_deleted_webhook_is_gone() -> None:
    """It is not found any more, and its name is free."""
    made = new_webhook()
    made.delete()
    with pytest.raises(fdl.NotFound):
        fdl.Webhook.get(made.id)
    assert fdl.Webhook(name=made.name, url=URL, provider="SLACK").create().id != made.id


def test_a_taken_name_is_a_conflict() -> None:
    """The message is the vendor's."""
    made = new_webhook()
    with pytest.raises(fdl.Conflict, match="Webhook names must be unique"):
        fdl.Webhook(name=made.name, url=URL, provider="SLACK").create()
