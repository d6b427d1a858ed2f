"""The outbox and the leases of work in the catalog, on every database."""

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy.orm import Session

from inference_events.catalog import Catalog, outbox, webhooks, work_leases
from inference_events.catalog.tables import OutboxMessage, utc_now
from inference_events.catalog.work_leases import HeldWork
from inference_events.notifications.composing import Receivers
from inference_events.notifications.encryption import SecretBox
from inference_events.notifications.registration import new_webhook
from tests.notifications.judgements import BIN, RULE, rows

ONE, OTHER = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"
HOUR = timedelta(hours=1)


@pytest.fixture
def catalog(catalog_url: str) -> Iterator[Catalog]:
    catalog = Catalog(catalog_url)
    yield catalog
    catalog.close()


def claim(catalog: Catalog, owner: str, seconds: float = 60) -> HeldWork | None:
    return catalog.write(lambda session: work_leases.claim(session, "work", owner, seconds))


def due(catalog: Catalog, limit: int = 8) -> list[list[OutboxMessage]]:
    return catalog.write(lambda session: outbox.due_batches(session, utc_now(), limit))


def test_one_owner_holds_a_kind_of_work(catalog: Catalog) -> None:
    """Another may claim it after the lease has ended or was released; each claim raises the fence."""
    first = claim(catalog, ONE)
    assert first == HeldWork("work", ONE, 1)
    assert claim(catalog, OTHER) is None
    assert not catalog.read(lambda session: work_leases.is_free(session, "work", OTHER))
    assert catalog.write(lambda session: work_leases.renew(session, first, -1))
    second = claim(catalog, OTHER)
    assert second == HeldWork("work", OTHER, 2)
    assert not catalog.write(lambda session: work_leases.renew(session, first, 60))
    assert not catalog.write(lambda session: work_leases.lock(session, first))
    assert catalog.write(lambda session: work_leases.lock(session, second))
    catalog.write(lambda session: work_leases.release(session, first))
    assert claim(catalog, ONE) is None
    catalog.write(lambda session: work_leases.release(session, second))
    assert claim(catalog, ONE) == HeldWork("work", ONE, 3)


def test_a_batch_has_one_group(catalog: Catalog) -> None:
    """Messages of one group are claimed together and keep their batch; each claim gives a destination one batch."""
    receivers = Receivers(webhooks=[ONE, OTHER])
    judged: list[dict[str, Any]] = [{}, {"column": "age"}, {"bin_start": BIN + HOUR}]
    for more in judged:
        catalog.write(partial(outbox.add, rows=rows(receivers, **more)))
    batches = due(catalog)
    assert sorted(len(batch) for batch in batches) in ([1, 1], [1, 2], [2, 2])
    assert {batch[0].destination for batch in batches} == {ONE, OTHER}
    catalog.write(lambda session: outbox.reset_sending(session, utc_now()))
    ids = {row.id: row.batch_id for batch in batches for row in batch}
    again = {row.id: row.batch_id for batch in [*due(catalog), *due(catalog)] for row in batch}
    assert ids.items() <= again.items()
    assert len(again) == 6


def test_an_added_message_counts_until_its_end(catalog: Catalog) -> None:
    """A key is taken once; the count is by channel; a deleted model's messages are cancelled and forgotten later."""
    made = rows(Receivers(["me@example.com"], ["oncall"], "", [ONE]))
    assert catalog.write(lambda session: outbox.add(session, made)) == 3
    assert catalog.write(lambda session: outbox.add(session, made)) == 0
    assert catalog.read(outbox.undelivered) == {"webhook": 1, "email": 1, "pagerduty": 1}
    catalog.write(lambda session: outbox.cancel_of_webhook(session, ONE))
    assert catalog.read(outbox.undelivered) == {"email": 1, "pagerduty": 1}
    catalog.write(lambda session: outbox.cancel_of_models(session, [RULE.model_id]))
    assert catalog.read(outbox.undelivered) == {}
    assert not catalog.read(lambda session: outbox.is_any_due(session, utc_now() + HOUR))
    assert catalog.write(lambda session: outbox.forget(session, utc_now() + HOUR, 2)) == 2
    assert catalog.write(lambda session: outbox.forget(session, utc_now() + HOUR, 2)) == 1


def test_webhooks_are_named_by_their_ids(catalog: Catalog) -> None:
    """Ids are found in any case; unknown ones are missing."""

    def make(session: Session) -> str:
        row, _ = new_webhook(SecretBox("k" * 32), {"name": "hook", "url": "https://a.example", "provider": "SLACK"})
        return webhooks.create(session, row).id

    id = catalog.write(make)
    assert catalog.read(lambda session: webhooks.webhook_names(session, [id.upper(), ONE])) == {id: "hook"}
