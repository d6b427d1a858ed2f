"""The settings of mail and PagerDuty, read from text."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

_DOMAIN = re.compile(r"(?=.{1,253}\Z)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*")
_PORTS = {"smtp": 587, "smtps": 465}
PAGERDUTY_URL = "https://events.pagerduty.com/v2/enqueue"


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mail is handed over. With `smtps` the connection begins with TLS, else it changes to TLS if offered."""

    host: str
    port: int
    is_tls: bool
    user: str = ""
    password: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class ChannelSettings:
    """Hold what the channels need besides webhooks. Mail goes only to `mail_domains`; empty means any."""

    mail_server: MailServer | None = None
    mail_from: str = ""
    mail_domains: frozenset[str] = frozenset()
    pagerduty_keys: Mapping[str, str] = field(default_factory=dict, repr=False)
    pagerduty_url: str = PAGERDUTY_URL
    link: str | None = None


def mail_server(url: str) -> MailServer | None:
    """Read smtp://USER:PASSWORD@HOST:PORT, None if it is empty. Raises ValueError, which does not show it."""
    if not url:
        return None
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ValueError("must be smtp://USER:PASSWORD@HOST:PORT or smtps://…") from None
    if parts.scheme not in _PORTS or not parts.hostname or parts.path.strip("/") or parts.query:
        raise ValueError("must be smtp://USER:PASSWORD@HOST:PORT or smtps://…")
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    return MailServer(parts.hostname, port or _PORTS[parts.scheme], parts.scheme == "smtps", user, password)


def mail_domains(text: str | None) -> frozenset[str]:
    """Read domains with commas between them. Raises ValueError."""
    domains = frozenset(one.strip().lower() for one in (text or "").split(",") if one.strip())
    if not all(_DOMAIN.fullmatch(one) for one in domains):
        raise ValueError("must be domains such as example.com,example.org")
    return domains


def pagerduty_keys(text: str) -> Mapping[str, str]:
    """Read the integration keys of services, NAME=KEY with commas between them. Raises ValueError."""
    keys: dict[str, str] = {}
    for pair in filter(None, (one.strip() for one in text.split(","))):
        name, _, key = (one.strip() for one in pair.rpartition("="))
        if not name or not (key.isascii() and key.isalnum()):
            raise ValueError("must be NAME=KEY, perhaps several with commas between them")
        keys[name] = key
    return keys
