"""A catalog with webhooks and a delivery worker with a clock of its own, for tests."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from inference_events.catalog import Catalog, outbox, webhooks
from inference_events.catalog.tables import OutboxMessage, utc_now
from inference_events.notifications import registration
from inference_events.notifications.delivery import DeliveryWorker
from inference_events.notifications.encryption import SecretBox
from inference_events.notifications.http_client import HttpClient
from inference_events.notifications.sender import Sender
from inference_events.notifications.settings import ChannelSettings
from tests.notifications.receivers import eventually

BOX = SecretBox("k" * 32)


class Clock:
    """A clock that a test moves forward."""

    def __init__(self) -> None:
        self._ahead = timedelta()

    def __call__(self) -> datetime:
        return utc_now() + self._ahead

    def move(self, seconds: float) -> None:
        self._ahead += timedelta(seconds=seconds)


@dataclass
class Delivering:
    """A catalog whose outbox is delivered while `worker` runs."""

    catalog: Catalog
    settings: ChannelSettings = field(default_factory=ChannelSettings)
    allow_private: bool = True
    timeout_seconds: float = 5.0
    clock: Clock = field(default_factory=Clock)
    results: list[tuple[str, str]] = field(default_factory=list)

    def webhook(self, url: str, provider: str = "OTHER") -> tuple[str, str | None]:
        """Create a webhook and return its id and its signing secret."""
        fields = {"name": f"hook {utc_now().timestamp()}", "url": url, "provider": provider}
        row, secret = registration.new_webhook(BOX, fields)
        return self.catalog.write(lambda session: webhooks.create(session, row).id), secret

    def add(self, rows: Sequence[OutboxMessage]) -> int:
        """Add messages to the outbox. Return how many were new."""
        return self.catalog.write(lambda session: outbox.add(session, rows))

    @contextmanager
    def worker(self, **options: Any) -> Iterator[DeliveryWorker]:
        """Deliver while the block runs."""
        sender = Sender(self.catalog, BOX, self.settings, HttpClient(self.allow_private, self.timeout_seconds))
        observe = lambda channel, state: self.results.append((channel, state))  # noqa: E731
        given: dict[str, Any] = {"pace_seconds": 0.0, "poll_seconds": 0.05, "now": self.clock} | options
        worker = DeliveryWorker(self.catalog, sender, observe, **given)
        worker.start()
        try:
            yield worker
        finally:
            worker.stop()

    def messages(self) -> list[OutboxMessage]:
        """Return all messages, the oldest first."""

        def read(session: Session) -> list[OutboxMessage]:
            return list(session.scalars(select(OutboxMessage).order_by(OutboxMessage.created_at, OutboxMessage.id)))

        return self.catalog.read(read)

    def states(self) -> list[str]:
        """Return the states of all messages, the oldest first."""
        return [row.state for row in self.messages()]

    def wait_for(self, *states: str) -> list[OutboxMessage]:
        """Return all messages once these are their states."""
        eventually(lambda: self.states() == list(states))
        return self.messages()

    def ended(self) -> list[OutboxMessage]:
        """Return all messages once all have ended."""
        eventually(lambda: all(row.ended_at for row in self.messages()))
        return self.messages()

    def wait_for_attempt(self, number: int) -> list[OutboxMessage]:
        """Return all messages once an attempt has failed and the next one waits."""
        eventually(lambda: [(row.state, row.attempts) for row in self.messages()] == [("pending", number)])
        return self.messages()
