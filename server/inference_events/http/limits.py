"""How much the server takes in, per request and at once."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock

from inference_events.errors import PayloadTooLarge, ServiceUnavailable

KIB = 1024
MIB = 1024 * KIB
GIB = 1024 * MIB


@dataclass(frozen=True, slots=True)
class Limits:
    """Bound JSON bodies after decompression, their values, uploaded files, and JSON bodies held at once."""

    event_body_bytes: int = 128 * MIB
    event_body_values: int = 5_000_000
    event_bytes: int = 8 * MIB
    event_values: int = 250_000
    json_body_bytes: int = 8 * MIB
    json_body_values: int = 1_000_000
    file_bytes: int = 10 * GIB
    bodies_in_flight_bytes: int = 512 * MIB

    def of_body(self, has_events: bool) -> "BodyLimits":
        """Return the limits of a body of events, or of any other JSON body."""
        if has_events:
            return BodyLimits(self.event_body_bytes, self.event_body_values, self.event_bytes, self.event_values)
        return BodyLimits(self.json_body_bytes, self.json_body_values)


@dataclass(frozen=True, slots=True)
class BodyLimits:
    """Bound the bytes and values of a body after decompression and, if it has events, those of one event."""

    bytes: int
    values: int
    event_bytes: int | None = None
    event_values: int | None = None

    def allow(self, size: int, values: int) -> bool:
        """Return whether no text of `size` bytes and at most `values` values can exceed a limit."""
        return (
            values <= self.values
            and (self.event_bytes is None or size <= self.event_bytes)
            and (self.event_values is None or values <= self.event_values)
        )


class BodyBudget:
    """Count the bytes of all bodies in memory, from any thread, against `limit`."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.used = 0
        self._lock = Lock()

    @contextmanager
    def hold(self) -> Iterator["Hold"]:
        """Open the share of one request, which is given back at the end."""
        share = Hold(self)
        try:
            yield share
        finally:
            self.take(-share.size)

    def take(self, size: int) -> None:
        """Count `size` more bytes. Raises ServiceUnavailable when they do not fit."""
        with self._lock:
            if size > 0 and self.used + size > self.limit:
                raise ServiceUnavailable(
                    "Too many request bodies are in flight; try again shortly", headers={"Retry-After": "1"}
                )
            self.used += size


class Hold:
    """Count the bytes of one request in its budget."""

    def __init__(self, budget: BodyBudget) -> None:
        self._budget = budget
        self.size = 0

    def add(self, size: int) -> None:
        """Count `size` bytes more. Raises ServiceUnavailable when they do not fit."""
        self._budget.take(size)
        self.size += size

    def cover(self, size: int) -> None:
        """Count at least `size` bytes. Raises ServiceUnavailable when they do not fit."""
        if size > self.size:
            self.add(size - self.size)


def too_large(limit: int) -> PayloadTooLarge:
    """Say that a body or file is longer than `limit` bytes."""
    return PayloadTooLarge(f"The request is larger than the limit of {limit} bytes")
