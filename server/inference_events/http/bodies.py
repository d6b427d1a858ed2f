"""JSON bodies, and forms in their place: counted, decompressed, parsed and checked, large ones off the event loop."""

import asyncio
import hashlib
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any, Protocol
from urllib.parse import parse_qsl

import orjson
import zstandard
from python_multipart.multipart import parse_options_header
from starlette.types import Scope

from inference_events.context import RawEvents
from inference_events.errors import BadRequest, ErrorDetail, UnsupportedMediaType
from inference_events.http.arrival import Arrival
from inference_events.http.budget import Reservation
from inference_events.http.contract import EVENTS_PATH, Operation
from inference_events.http.decoding import Envelope, decode_json, split_envelope
from inference_events.http.json_values import check_values, excess_bytes
from inference_events.http.null_characters import ESCAPED, null_faults
from inference_events.http.request_state import header
from inference_events.http.validation import MAX_FAULTS
from inference_events.limits import BodyLimits, too_large

# A body up to this size is decoded in a few milliseconds, which is not worth a thread.
INLINE_BYTES = 512 * 1024
# From this size on, events are decoded only once their model's columns are known.
MANY_EVENTS_BYTES = 32 * 1024
# RFC 9659: a zstd content coding needs no larger window, and a decoder may refuse one.
ZSTD_WINDOW_BYTES = 8 * 1024 * 1024
# One block of a few bytes may stand for 128 KiB: short slices bound what one call can produce.
_SLICE_BYTES = 512

# A form has only a few short texts.
MAX_FORM_BYTES = 64 * 1024
MAX_FORM_FIELDS = 100

# A minus sign may precede the position of the error.
NOT_NUMBERS = ("NaN", "Infinity")

_CHARSETS = frozenset({"utf-8", "utf8", "us-ascii", "ascii"})


class Decompressor(Protocol):
    """Decode one compressed stream piece by piece."""

    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytearray, /) -> bytes: ...


_DECOMPRESSORS: dict[str, Callable[[], Decompressor]] = {
    "gzip": lambda: zlib.decompressobj(wbits=31),
    "x-gzip": lambda: zlib.decompressobj(wbits=31),
    "zstd": lambda: zstandard.ZstdDecompressor(max_window_size=ZSTD_WINDOW_BYTES).decompressobj(),
}


def content_length(scope: Scope) -> int:
    """Return the declared length of the body in bytes, 0 if none is declared."""
    text = header(scope, b"content-length") or "0"
    if not (text.isascii() and text.isdigit()):
        raise BadRequest("The Content-Length header must be a number of bytes")
    return int(text[:19])


@dataclass(frozen=True, slots=True)
class JsonBody:
    """A checked body, with the SHA-256 of its bytes if the operation keeps an idempotency record.

    `bytes` and `values` are its size after decompression and about how many JSON values it has.
    """

    value: Any
    digest: bytes
    bytes: int
    values: int


async def read_json(
    scope: Scope, arrival: Arrival, operation: Operation, limits: BodyLimits, reservation: Reservation
) -> JsonBody:
    """Read, decompress, parse and check the JSON body of `operation`.

    Raises BadRequest, UnsupportedMediaType, PayloadTooLarge beyond a limit, RequestTimeout for a body that arrives
    too slowly, ServiceUnavailable if the bytes in flight are too many, and ClientDisconnect.
    """
    is_form = operation.takes_urlencoded and _is_urlencoded(scope)
    if not is_form:
        _check_json_type(scope)
    decompressor = _decompressor(scope)
    raw = await _read(scope, arrival, limits.bytes, reservation)
    if is_form:
        return _from_form(_decompress(raw, decompressor, limits.bytes, reservation) if decompressor else raw, operation)
    if decompressor is None and len(raw) <= INLINE_BYTES:
        return _checked(raw, operation, limits, reservation)
    return await asyncio.to_thread(_decode, raw, decompressor, operation, limits, reservation)


def _decode(
    raw: bytearray,
    decompressor: Decompressor | None,
    operation: Operation,
    limits: BodyLimits,
    reservation: Reservation,
) -> JsonBody:
    body = _decompress(raw, decompressor, limits.bytes, reservation) if decompressor else raw
    return _checked(body, operation, limits, reservation)


def _checked(raw: bytearray, operation: Operation, limits: BodyLimits, reservation: Reservation) -> JsonBody:
    if not raw:
        raise BadRequest("A JSON body is required")
    values = check_values(raw, limits)
    reservation.add(excess_bytes(len(raw), values))
    value = _without_decoding(raw, operation) if operation.path == EVENTS_PATH else None
    if value is None:
        value = _decoded(raw, operation)
    digest = hashlib.sha256(raw).digest() if operation.is_recorded else b""
    return JsonBody(value, digest, len(raw), values)


def _from_form(raw: bytearray, operation: Operation) -> JsonBody:
    """Read an urlencoded form, whose fields are all texts."""
    if len(raw) > MAX_FORM_BYTES:
        raise too_large(MAX_FORM_BYTES)
    try:
        fields = parse_qsl(
            raw.decode(), keep_blank_values=True, strict_parsing=True, errors="strict", max_num_fields=MAX_FORM_FIELDS
        )
    except ValueError:
        raise BadRequest("The body is not a readable form of UTF-8 texts") from None
    value = dict(fields)
    if len(value) < len(fields):
        raise BadRequest("The form must not have a field twice")
    _check(value, operation, has_nulls="\0" in "".join(value.values()))
    return JsonBody(value, hashlib.sha256(raw).digest() if operation.is_recorded else b"", len(raw), len(fields))


def _decoded(raw: bytearray, operation: Operation) -> Any:
    value = _parse(raw)
    _check(value, operation, has_nulls=ESCAPED.encode() in raw)
    return value


def _check(value: Any, operation: Operation, has_nulls: bool) -> None:
    faults = operation.body.faults(value) if operation.body else ()
    if not faults and not operation.is_about_events and has_nulls:
        faults = tuple(islice(null_faults(value), MAX_FAULTS))
    if faults:
        raise BadRequest.with_details(*(_about_body(fault) for fault in faults))


def _without_decoding(raw: bytearray, operation: Operation) -> Any:
    """Return the body with its events still as text; None if it is small or every value must be checked."""
    if len(raw) < MANY_EVENTS_BYTES:
        return None
    try:
        frame = split_envelope(raw)
    except orjson.JSONDecodeError:
        return None
    if frame is None or not _allows(operation, frame, 1):
        return None
    events = RawEvents(
        text=b"".join((b"[", raw[frame.start : frame.stop], b"]")),
        allows=partial(_allows, operation, frame),
        decode=lambda: _decoded(raw, operation)["source"]["events"],
    )
    # In a copy, because the events refer to the envelope: a cycle would keep them until the garbage collector runs.
    return {**frame.body, "source": {**frame.body["source"], "events": events}}


def _allows(operation: Operation, frame: Envelope, count: int) -> bool:
    """Return whether the contract allows the envelope's body with `count` events."""
    source = {**frame.body["source"], "events": [{}] * count}
    return operation.body is not None and not operation.body.faults({**frame.body, "source": source})


def _about_body(fault: ErrorDetail) -> ErrorDetail:
    return fault if fault.pointer else ErrorDetail(f"the body {fault.message}")


def _parse(raw: bytearray) -> Any:
    try:
        return decode_json(raw)
    except orjson.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise BadRequest(f"The body is not valid JSON in UTF-8, at {place}{_hint(error)}") from None


def _hint(error: orjson.JSONDecodeError) -> str:
    """Name the number without a value that Python and NumPy write into JSON, if the error is about one."""
    for token in NOT_NUMBERS:
        if error.doc.startswith(token, error.pos):
            return f": {token} is not JSON, send null"
    return ": the number there is too large" if "infinity" in error.msg else ""


def _is_urlencoded(scope: Scope) -> bool:
    media_type, _ = parse_options_header(header(scope, b"content-type"))
    return media_type.strip() == b"application/x-www-form-urlencoded"


def _check_json_type(scope: Scope) -> None:
    values = [value for key, value in scope["headers"] if key == b"content-type"]
    if len(values) > 1:
        raise BadRequest("The Content-Type header must be given once")
    if not values:
        return
    media_type, options = parse_options_header(values[0])
    if media_type.strip() != b"application/json":
        raise UnsupportedMediaType("The Content-Type must be application/json")
    if options.get(b"charset", b"utf-8").decode("latin-1").lower() not in _CHARSETS:
        raise UnsupportedMediaType("The charset must be utf-8")


def _decompressor(scope: Scope) -> Decompressor | None:
    encodings = [value for key, value in scope["headers"] if key == b"content-encoding"]
    encoding = b",".join(encodings).decode("latin-1").strip().lower()
    if encoding in ("", "identity"):
        return None
    if encoding not in _DECOMPRESSORS:
        raise UnsupportedMediaType("The Content-Encoding must be gzip, zstd or identity")
    return _DECOMPRESSORS[encoding]()


async def _read(scope: Scope, arrival: Arrival, limit: int, reservation: Reservation) -> bytearray:
    declared = content_length(scope)
    if declared > limit:
        raise too_large(limit)
    raw = bytearray()
    async for chunk in arrival.chunks():
        size = len(raw) + len(chunk)
        if size > limit:
            raise too_large(limit)
        reservation.grow_to(size, declared or limit)
        raw += chunk
    reservation.end_arrival(len(raw))
    return raw


def _decompress(raw: bytearray, decompressor: Decompressor, limit: int, reservation: Reservation) -> bytearray:
    body = bytearray()
    try:
        for start in range(0, len(raw), _SLICE_BYTES):
            part = decompressor.decompress(raw[start : start + _SLICE_BYTES])
            if len(body) + len(part) > limit:
                raise too_large(limit)
            reservation.add(len(part))
            body += part
            if decompressor.eof and (decompressor.unused_data or start + _SLICE_BYTES < len(raw)):
                raise BadRequest("The compressed body must be one stream with nothing after it")
    except (zlib.error, zstandard.ZstdError):
        raise BadRequest("The compressed body is not readable") from None
    if not decompressor.eof:
        raise BadRequest("The compressed body is cut short")
    return body
