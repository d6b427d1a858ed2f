"""Mail reaches allowed domains only, over TLS where there is a password."""

import asyncio
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
import trustme
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword

from inference_events.catalog import Catalog
from inference_events.catalog.database import sqlite_url
from inference_events.notifications.composing import Receivers
from inference_events.notifications.settings import ChannelSettings, mail_domains, mail_server
from tests.notifications.delivering import Delivering
from tests.notifications.judgements import rows

SENDER = "alerts@example.com"


class Mailbox:
    """Takes mail. Each gets the next response of the script, and those after its end are accepted."""

    def __init__(self, *script: str) -> None:
        self.script = list(script)
        self.received: list[tuple[list[str], EmailMessage]] = []

    async def handle_DATA(self, server: object, session: object, envelope: Envelope) -> str:
        response = self.script.pop(0) if self.script else "250 OK"
        if response.startswith("2"):
            assert isinstance(envelope.content, bytes)
            self.received.append((envelope.rcpt_tos, message_from_bytes(envelope.content, policy=policy.default)))
        return response

    async def handle_RCPT(self, server: object, session: object, envelope: Envelope, address: str, _: object) -> str:
        if address.startswith("unknown"):
            return "550 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"


@contextmanager
def accepting(mailbox: Mailbox, **options: Any) -> Iterator[int]:
    """Run a mail server and give its port."""
    loop = asyncio.new_event_loop()
    listening = loop.create_server(lambda: SMTP(mailbox, loop=loop, **options), "127.0.0.1", 0)
    server = loop.run_until_complete(listening)
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield int(server.sockets[0].getsockname()[1])
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        server.close()
        loop.close()


@pytest.fixture
def outgoing(tmp_path: Path) -> Iterator[Delivering]:
    catalog = Catalog(sqlite_url(tmp_path / "catalog.sqlite"))
    yield Delivering(catalog)
    catalog.close()


def settings(port: int, user: str = "", domains: str = "") -> ChannelSettings:
    server = mail_server(f"smtp://{user}127.0.0.1:{port}")
    return ChannelSettings(mail_server=server, mail_from=SENDER, mail_domains=mail_domains(domains))


def test_a_mail_arrives(outgoing: Delivering) -> None:
    """Each address gets a mail of its own, which shows no other receiver."""
    mailbox = Mailbox()
    with accepting(mailbox) as port:
        outgoing.settings = settings(port)
        outgoing.add(rows(Receivers(["me@example.com", "you@example.org"])))
        with outgoing.worker():
            outgoing.wait_for("delivered", "delivered")
    assert sorted(receivers for receivers, _ in mailbox.received) == [["me@example.com"], ["you@example.org"]]
    assert all(letter["To"] == receiver for [receiver], letter in mailbox.received)
    assert {str(letter["Subject"]) for _, letter in mailbox.received} == {"[CRITICAL] late flights - delays"}


def test_mail_goes_to_allowed_domains_only(outgoing: Delivering) -> None:
    """An address of another domain, or of a part of an allowed one, gets nothing, and the message says why."""
    mailbox = Mailbox()
    addresses = [
        "me@example.com",
        "me@EXAMPLE.com",
        "me@evil.org",
        "me@sub.example.com",
        "me@notexample.com",
        "a@b@evil.org",
    ]
    with accepting(mailbox) as port:
        outgoing.settings = settings(port, domains="example.com")
        outgoing.add(rows(Receivers(addresses)))
        with outgoing.worker():
            ended = outgoing.ended()
    assert {row.destination for row in ended if row.state == "delivered"} == {"me@example.com", "me@EXAMPLE.com"}
    assert {row.error for row in ended if row.state == "failed"} == {
        "the domain is not in INFERENCE_EVENTS_MAIL_DOMAINS"
    }
    assert len(mailbox.received) == 2


def test_a_refused_mail_is_sent_again_if_that_may_help(outgoing: Delivering) -> None:
    """A server that is busy gets the mail again with the same id; an unknown receiver ends it."""
    mailbox = Mailbox("451 busy")
    with accepting(mailbox) as port:
        outgoing.settings = settings(port)
        outgoing.add(rows(Receivers(["me@example.com"])))
        with outgoing.worker():
            [waiting] = outgoing.wait_for_attempt(1)
            outgoing.clock.move(11)
            outgoing.wait_for("delivered")
            outgoing.add(rows(Receivers(["unknown@example.com"])))
            ended = outgoing.wait_for("delivered", "failed")
    assert waiting.error == "the mail server responded 451"
    assert ended[1].error == "the mail server refused the receiver"
    [(_, letter)] = mailbox.received
    assert letter["Message-ID"] == f"<{waiting.batch_id}@example.com>"


def test_a_password_is_sent_over_tls_only(
    outgoing: Delivering, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without STARTTLS it stays here; with it, and a trusted certificate, the server gets it."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    seen: list[object] = []

    def login(server: object, session: object, envelope: object, mechanism: str, data: object) -> AuthResult:
        seen.append(data)
        return AuthResult(success=data == LoginPassword(b"me", b"pass word"))

    mailbox = Mailbox()
    with accepting(mailbox) as port:
        outgoing.settings = settings(port, "me:pass%20word@")
        outgoing.add(rows(Receivers(["me@example.com"])))
        with outgoing.worker():
            [waiting] = outgoing.wait_for_attempt(1)
    assert waiting.error == "the mail server offers no TLS, so it gets no password"
    outgoing.clock.move(11)
    with accepting(mailbox, tls_context=context, authenticator=login, auth_required=True) as port:
        outgoing.settings = settings(port, "me:pass%20word@")
        with outgoing.worker():
            outgoing.wait_for("delivered")
    assert seen == [LoginPassword(b"me", b"pass word")]


@pytest.mark.parametrize("url", ["http://mail", "smtp://", "smtp://m/inbox", "smtp://mail:x", "smtp://[::1", "m:25"])
def test_what_is_no_mail_server_is_refused(url: str) -> None:
    """The message does not show it, as it may hold a password."""
    with pytest.raises(ValueError, match="must be smtp://") as refusal:
        mail_server(url)
    assert "inbox" not in str(refusal.value)
