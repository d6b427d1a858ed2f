"""How much the server takes in, per request and at once."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock

from inference_events.errors import PayloadTooLarge, ServiceUnavailable

MIB = 1024 * 1024
GIB = 1024 * MIB


@dataclass(frozen=True, slots=True)
class Limits:
    """Bound, in bytes: JSON bodies after decompression, uploaded files, and JSON bodies held at once."""

    event_body_bytes: int = 128 * MIB
    json_body_bytes: int = 8 * MIB
    file_bytes: int = 10 * GIB
    bodies_in_flight_bytes: int = 512 * MIB


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
