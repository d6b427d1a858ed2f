"""Decide which requests are sent again, when, and with which key.

A request is repeated if that cannot apply a change twice: all attempts of a request that changes something carry one
`Idempotency-Key`. Token operations have no keys; they are repeated only if the server cannot have executed them.
"""

import random
import re
import ssl
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx

KEY = "Idempotency-Key"
FIRST_DELAY = 0.25
MAX_DELAY = 8.0
REPEATED_STATUSES = frozenset({429, 502, 503, 504})
# The server, or a proxy before it, refused the request and did not execute it.
REFUSED_STATUSES = frozenset({429, 503})
WITHOUT_KEYS = re.compile(r"/v3/(tokens|session|session-codes)(/|$)|/v2/webhooks$|/v3/monitoring/webhooks/")
NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
NEVER_REPEATED = (httpx.UnsupportedProtocol, httpx.LocalProtocolError)


@dataclass(frozen=True)
class RetryPolicy:
    """Limit how often a request is sent, and how many seconds after the first attempt another one may begin."""

    attempts: int = 5
    seconds: float = 60.0


class Attempts:
    """Follow the attempts of one request, and give it a key if it may change something and has none."""

    def __init__(self, policy: RetryPolicy, request: httpx.Request) -> None:
        self._left = policy.attempts
        self._deadline = time.monotonic() + policy.seconds
        self._backoff = delays(FIRST_DELAY, 2, MAX_DELAY)
        is_change = request.method not in ("GET", "HEAD", "OPTIONS")
        self._is_repeatable = not (is_change and WITHOUT_KEYS.search(request.url.path))
        if is_change:
            request.headers.setdefault(KEY, str(uuid.uuid4()))

    def delay_after_response(self, response: httpx.Response) -> float | None:
        """Return the seconds to wait before the next attempt, None if there is none."""
        repeated = REPEATED_STATUSES if self._is_repeatable else REFUSED_STATUSES
        return self._delay(response.status_code in repeated, _retry_after(response))

    def delay_after_error(self, error: httpx.RequestError) -> float | None:
        """Return the seconds to wait before the next attempt, None if there is none."""
        may_pass = isinstance(error, httpx.TransportError) and not isinstance(error, NEVER_REPEATED)
        is_safe = self._is_repeatable or isinstance(error, NOT_SENT)
        return self._delay(may_pass and is_safe and not _is_untrusted(error))

    def _delay(self, is_worthwhile: bool, at_least: float = 0) -> float | None:
        self._left -= 1
        delay = max(at_least, random.uniform(0.5, 1) * next(self._backoff))
        in_time = time.monotonic() + delay <= self._deadline
        return delay if is_worthwhile and self._left > 0 and in_time else None


def delays(first: float, factor: float, most: float) -> Iterator[float]:
    """Return delays without end that grow from `first` to `most` seconds."""
    while True:
        yield first
        first = min(first * factor, most)


def _retry_after(response: httpx.Response) -> float:
    value = response.headers.get("Retry-After", "")
    if value.isdecimal():
        return float(value)
    try:
        return (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds()
    except (ValueError, TypeError):
        return 0


def _is_untrusted(error: BaseException | None) -> bool:
    """Report whether the client refused the server's certificate, which another attempt does not change."""
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return True
        error = error.__cause__ or error.__context__
    return False
