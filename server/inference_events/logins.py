"""Refuse further logins of an address after too many failures, so that nobody can try tokens quickly."""

from collections import deque
from time import monotonic

from inference_events.errors import TooManyRequests

MAX_FAILURES = 10
PERIOD_SECONDS = 60
_MAX_CLIENTS = 10_000


class LoginLimit:
    """Counts the failed logins of each address within a minute, in this process."""

    def __init__(self) -> None:
        self._failures: dict[str, deque[float]] = {}

    def check(self, client: str) -> None:
        """Raise TooManyRequests if this address has failed too often."""
        failures = self._recent(client)
        if len(failures) >= MAX_FAILURES:
            wait = int(failures[0] + PERIOD_SECONDS - monotonic()) + 1
            raise TooManyRequests("Too many logins failed; try again in a minute", wait)

    def note_failure(self, client: str) -> None:
        """Count a failed login."""
        failures = self._recent(client)
        failures.append(monotonic())
        # The newest is last, so that the address that has been quiet for longest is forgotten first.
        self._failures.pop(client, None)
        self._failures[client] = failures
        if len(self._failures) > _MAX_CLIENTS:
            del self._failures[next(iter(self._failures))]

    def _recent(self, client: str) -> deque[float]:
        failures = self._failures.get(client, deque())
        while failures and failures[0] <= monotonic() - PERIOD_SECONDS:
            failures.popleft()
        return failures
