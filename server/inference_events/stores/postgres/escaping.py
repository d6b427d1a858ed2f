"""Escape text for PostgreSQL, which stores no NUL, and shorten ids for its indexes, which allow a third of a page.

NUL and \\x01 each become two characters that begin with \\x01. So distinct texts stay distinct, and the order of their
bytes stays the same.
"""

import hashlib

MAX_KEY_BYTES = 1024
PREFIX_CHARACTERS = 128


def escape(text: str) -> str:
    """Return text without NUL. `unescape` reverses it."""
    if "\x00" in text or "\x01" in text:
        return text.replace("\x01", "\x01\x02").replace("\x00", "\x01\x01")
    return text


def unescape(text: str) -> str:
    """Return the text that was escaped."""
    if "\x01" in text:
        return text.replace("\x01\x01", "\x00").replace("\x01\x02", "\x01")
    return text


def event_key(event_id: str) -> str:
    """Return the key of an id in the primary key: the escaped id; for a long id, its beginning and a hash.

    No escaped id contains \\x01\\x03, so a long id never has the key of a short one.
    """
    escaped = escape(event_id)
    # No character has more than four bytes.
    if len(escaped) * 4 <= MAX_KEY_BYTES or len(escaped.encode()) <= MAX_KEY_BYTES:
        return escaped
    return f"{escaped[:PREFIX_CHARACTERS]}\x01\x03{hashlib.sha256(escaped.encode()).hexdigest()}"


def long_id(event_id: str, key: str) -> str | None:
    """Return the escaped id if its key does not contain all of it."""
    return escape(event_id) if "\x01\x03" in key else None
