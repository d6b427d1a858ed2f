"""Limits of requests, per request and in all. `Limits` has the defaults of the settings."""

from dataclasses import dataclass, field

from inference_events.errors import PayloadTooLarge

KIB = 1024
MIB = 1024 * KIB
GIB = 1024 * MIB


@dataclass(frozen=True, slots=True)
class Pace:
    """Bound how slowly a body arrives: each wait for a byte, and the average rate once it took `grace_seconds`."""

    idle_seconds: float = 30
    grace_seconds: float = 60.0
    bytes_per_second: float = KIB


@dataclass(frozen=True, slots=True)
class Limits:
    """Bound JSON bodies after decompression, their values, uploaded files, bodies held at once, and slow bodies."""

    event_body_bytes: int = 128 * MIB
    event_body_values: int = 5_000_000
    event_bytes: int = 8 * MIB
    event_values: int = 250_000
    json_body_bytes: int = 8 * MIB
    json_body_values: int = 1_000_000
    file_bytes: int = 10 * GIB
    bodies_in_flight_bytes: int = 512 * MIB
    pace: Pace = field(default_factory=Pace)

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


def too_large(limit: int) -> PayloadTooLarge:
    """Return the error for a body or file of more than `limit` bytes."""
    return PayloadTooLarge(f"The request is larger than the limit of {limit} bytes")
