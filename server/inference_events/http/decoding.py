"""JSON decoding that lets other threads run: a large body is decoded piece by piece."""

import re
import secrets
from dataclasses import dataclass
from typing import Any

import orjson

from inference_events import exact_json

# One call to the decoder holds the interpreter lock: 1 MiB takes about 5 ms.
LARGE_BYTES = 1024 * 1024
PIECE_BYTES = 256 * 1024
# The array is searched this far from both ends of the body.
_MARGIN_BYTES = 64 * 1024

_OPENING = re.compile(rb'("events"\s*:\s*)\[\s*(?=\{)')
_CLOSING = re.compile(rb"(?s:.*)\}\s*(?=\])")
_BETWEEN = re.compile(rb"\}\s*,\s*(?=\{)")


def decode_json(raw: bytearray) -> Any:
    """Return the value of `raw`. Raises orjson.JSONDecodeError."""
    if len(raw) >= LARGE_BYTES:
        try:
            body = _decode_in_pieces(raw)
        except orjson.JSONDecodeError:
            body = None
        if body is not None:
            return body
    return exact_json.loads(raw)


@dataclass(frozen=True, slots=True)
class Envelope:
    """Hold a body without the array `source.events`, whose elements stand between `start` and `stop` of the text."""

    body: dict[str, Any]
    start: int
    stop: int


def split_envelope(raw: bytearray) -> Envelope | None:
    """Return the envelope of a body whose bulk is the array `source.events`; None if it has another form.

    The array itself may be anything. Raises orjson.JSONDecodeError.
    """
    opening = _OPENING.search(raw, 0, _MARGIN_BYTES)
    closing = _CLOSING.match(raw, max(0, len(raw) - _MARGIN_BYTES))
    if opening is None or closing is None or closing.end() < opening.end():
        return None
    # Only a body that has the array at the right place can have the token there.
    token = secrets.token_hex(16)
    body = orjson.loads(raw[: opening.end(1)] + f'"{token}"'.encode() + raw[closing.end() + 1 :])
    source = body.get("source") if isinstance(body, dict) else None
    if not isinstance(source, dict) or source.get("events") != token:
        return None
    return Envelope(body, opening.end(), closing.end())


def _decode_in_pieces(raw: bytearray) -> Any:
    frame = split_envelope(raw)
    if frame is not None:
        frame.body["source"]["events"] = _elements(raw, frame.start, frame.stop)
    return frame and frame.body


def _elements(raw: bytearray, start: int, stop: int) -> list[Any]:
    """Decode the elements between `start` and `stop`.

    A piece that was cut inside an element or a string is not JSON, so only correct cuts succeed.
    """
    elements: list[Any] = []
    size = PIECE_BYTES
    while start < stop:
        cut = _BETWEEN.search(raw, min(start + size, stop), stop)
        end = cut.start() + 1 if cut else stop
        try:
            elements += exact_json.loads(b"[" + raw[start:end] + b"]")
        except orjson.JSONDecodeError:
            if cut is None:
                raise
            size *= 2
        else:
            start, size = cut.end() if cut else stop, PIECE_BYTES
    return elements
