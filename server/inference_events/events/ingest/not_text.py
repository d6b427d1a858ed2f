"""Bytes and code points that are not valid UTF-8 text."""


class NotText(str):
    """A text that is not valid UTF-8, with an escape for each invalid byte. No column takes it without a violation."""


def decoded(raw: bytes) -> str:
    """Return text in UTF-8, or NotText."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return NotText(raw.decode(errors="backslashreplace"))


def encodable(text: str) -> str:
    """Return a text that UTF-8 can hold, or NotText: JSON and Python can escape half of a pair of surrogates."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return NotText(text.encode(errors="backslashreplace").decode())
    return text
