"""Read event ids from rows, and generate ids for rows that need one."""

import uuid
from decimal import Decimal
from hashlib import blake2b
from typing import Any

from inference_events.events.ingest.not_text import NotText

EXACT = 2**53
MAX_ID_CHARACTERS = 65_536


def event_id(value: Any) -> str | None:
    """Return the id that `value` stands for, or None if it is no id.

    A non-empty string stands for itself, an integer or integral number for its decimal digits, and a list of one
    repeated value (a ranking row) for that value. Floats from 2**53 on are no ids, as neighbours look alike there,
    nor are texts of more than MAX_ID_CHARACTERS.
    """
    if isinstance(value, NotText):
        return None
    if isinstance(value, str):
        return value if 0 < len(value) <= MAX_ID_CHARACTERS else None
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < EXACT else None
    if isinstance(value, Decimal):
        return str(int(value)) if value.is_finite() and value == value.to_integral_value() else None
    if isinstance(value, list) and value and not isinstance(value[0], list | dict):
        return event_id(value[0]) if all(item == value[0] for item in value) else None
    return None


def generate_id(seed: bytes, time: int, row: int) -> str:
    """Make the UUIDv7 of `row`: the same for the same seed and time (microseconds since 1970)."""
    random = int.from_bytes(blake2b(row.to_bytes(8, "big"), key=seed, digest_size=10).digest(), "big")
    number = (max(time // 1000, 0) & (1 << 48) - 1) << 80 | random
    return str(uuid.UUID(int=number & ~(0xF << 76) & ~(0x3 << 62) | 0x7 << 76 | 0x2 << 62))
