"""Send one message through its channel, and judge the response."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import orjson

from inference_events.catalog import Catalog
from inference_events.catalog.outbox import DELIVERED, FAILED, NOT_CONFIGURED, PENDING
from inference_events.catalog.tables import OutboxMessage, Webhook, utc_now
from inference_events.catalog.webhooks import MS_TEAMS, SLACK, find_webhook
from inference_events.notifications import composing
from inference_events.notifications.addresses import split_url
from inference_events.notifications.channels import mail, pagerduty, signed_json, slack, teams
from inference_events.notifications.channels.texts import Message
from inference_events.notifications.encryption import SecretBox, SecretKeyError
from inference_events.notifications.http_client import HttpClient, NoReply, Reply
from inference_events.notifications.settings import ChannelSettings
from inference_events.notifications.smtp import send_mail

_JSON = {"Content-Type": "application/json"}
# Statuses after which the same request cannot succeed.
_FINAL: dict[str, frozenset[int]] = {
    SLACK: frozenset({400, 403, 404, 410}),
    composing.PAGERDUTY: frozenset({400}),
}
_GONE = 410


@dataclass(frozen=True, slots=True)
class Result:
    """What became of an attempt: a state of the outbox, where PENDING means that another attempt may succeed."""

    state: str
    error: str | None = None
    status: int | None = None
    retry_after: str | None = None


class Sender:
    """Send messages with the current settings and webhooks. Secrets are decrypted only for the request."""

    def __init__(
        self,
        catalog: Catalog,
        box: SecretBox,
        settings: ChannelSettings,
        client: HttpClient,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._catalog = catalog
        self._box = box
        self._settings = settings
        self._client = client
        self._now = now

    def send(self, rows: Sequence[OutboxMessage]) -> Result:
        """Send the rows of one batch as one message. It never raises because of a receiver."""
        first = rows[0]
        message = Message(first.batch_id or first.id, [row.content for row in rows], self._settings.link)
        try:
            return self._by_channel(first.channel, first.destination, message)
        except NoReply as error:
            return Result(FAILED if error.is_final else PENDING, str(error))
        except SecretKeyError:
            return Result(NOT_CONFIGURED, "the webhook's secrets cannot be decrypted with this server's key")

    def try_webhook(self, webhook: Webhook, message: Message) -> Result:
        """Send a message to a webhook once, outside the outbox."""
        try:
            return self._to_webhook(webhook, message)
        except NoReply as error:
            return Result(FAILED, str(error))
        except SecretKeyError as error:
            return Result(NOT_CONFIGURED, str(error))

    def _by_channel(self, channel: str, destination: str, message: Message) -> Result:
        if channel == composing.EMAIL:
            return self._mail(destination, message)
        if channel == composing.PAGERDUTY:
            return self._pagerduty(destination, message)
        webhook = self._catalog.read(lambda session: find_webhook(session, destination))
        if webhook is None:
            return Result(NOT_CONFIGURED, "there is no such webhook")
        return self._to_webhook(webhook, message)

    def _to_webhook(self, webhook: Webhook, message: Message) -> Result:
        url = self._box.decrypt(webhook.url, url_context(webhook.id))
        headers: dict[str, str] = {}
        if webhook.provider == SLACK:
            raw = orjson.dumps(slack.body(message))
        elif webhook.provider == MS_TEAMS:
            raw = orjson.dumps(teams.body(message, split_url(url).hostname or ""))
        else:
            raw = orjson.dumps(signed_json.body(message, self._now().isoformat(timespec="seconds")))
            if webhook.secret is not None:
                secret = self._box.decrypt(webhook.secret, secret_context(webhook.id))
                headers = signed_json.headers(message, raw, int(time.time()), secret)
        return _judged(self._client.post(url, raw, _JSON | headers), webhook.provider)

    def _pagerduty(self, service: str, message: Message) -> Result:
        key = self._settings.pagerduty_keys.get(service)
        if key is None:
            return Result(NOT_CONFIGURED, "the service is not in INFERENCE_EVENTS_PAGERDUTY_SERVICES")
        raw = orjson.dumps(pagerduty.body(message, key))
        return _judged(self._client.post(self._settings.pagerduty_url, raw, _JSON), composing.PAGERDUTY)

    def _mail(self, address: str, message: Message) -> Result:
        settings = self._settings
        if settings.mail_server is None or not settings.mail_from:
            return Result(NOT_CONFIGURED, "INFERENCE_EVENTS_SMTP_URL and INFERENCE_EVENTS_MAIL_FROM are not set")
        if settings.mail_domains and address.rpartition("@")[2].lower() not in settings.mail_domains:
            return Result(FAILED, "the domain is not in INFERENCE_EVENTS_MAIL_DOMAINS")
        try:
            letter = mail.mail(message, settings.mail_from, address)
        except (ValueError, IndexError):
            return Result(FAILED, "the address is no mail address")
        send_mail(settings.mail_server, letter)
        return Result(DELIVERED)


def url_context(webhook_id: str) -> str:
    """Return the context of a webhook's encrypted URL."""
    return f"webhooks.url:{webhook_id}"


def secret_context(webhook_id: str) -> str:
    """Return the context of a webhook's encrypted signing secret."""
    return f"webhooks.secret:{webhook_id}"


def _judged(reply: Reply, receiver: str) -> Result:
    if 200 <= reply.status < 300:
        # Slack reports some faults with the status 200.
        is_refused = receiver == SLACK and reply.text.strip() != "ok"
        return Result(PENDING if is_refused else DELIVERED, "Slack did not respond ok" if is_refused else None, 200)
    if 300 <= reply.status < 400:
        return Result(FAILED, "the receiver responded with a redirect, which is not followed", reply.status)
    is_final = reply.status == _GONE or reply.status in _FINAL.get(receiver, ())
    error = f"the receiver responded {reply.status}"
    return Result(FAILED if is_final else PENDING, error, reply.status, reply.retry_after)
