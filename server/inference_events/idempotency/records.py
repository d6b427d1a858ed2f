"""Idempotency records as bytes. A long one is compressed: a thousand ids would take as much space as their events."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import numpy as np
import orjson
import zstandard

from inference_events.context import Request
from inference_events.events.ingest.timestamps import microseconds, moment_of
from inference_events.events.results import IngestResult
from inference_events.events.store import RecordStore
from inference_events.events.types import IdempotencyRecord, RetryKey
from inference_events.idempotency.guard import RETRIED_WITHIN, StoredResponse

# Compressing gives up the interpreter, for which a short response would wait longer than it takes to write it.
MIN_COMPRESSED_BYTES = 1024


class _Compressor(threading.local):
    """A compressor per thread: making one takes ten times as long as compressing a response."""

    def __init__(self) -> None:
        self.compress = zstandard.ZstdCompressor(level=1).compress


_compressor = _Compressor()


def retry_key(request: Request) -> RetryKey:
    """Return the key that a request and its repetitions share."""
    return RetryKey(request.token_id, request.method, request.path, request.idempotency_key)


def idempotency_record(request: Request, result: IngestResult, created_at: int) -> IdempotencyRecord:
    """Make the record of a request at `created_at`, in microseconds since 1970. The store adds the statuses."""
    return IdempotencyRecord(
        token_id=request.token_id,
        method=request.method,
        path=request.path,
        idempotency_key=request.idempotency_key,
        body_digest=request.body_digest,
        response=_packed(result.to_json()),
        created_at=created_at,
    )


def _packed(text: bytes) -> bytes:
    return text if len(text) < MIN_COMPRESSED_BYTES else _compressor.compress(text)


def _unpacked(kept: bytes) -> bytes:
    return kept if kept.startswith(b"{") else zstandard.ZstdDecompressor().decompress(kept)


def joined_since(request: Request, now: int) -> int | None:
    """Return `RecordOfRows.since` of a request that is written `now`, in microseconds since 1970."""
    if request.idempotency_key is not None:
        return None
    return now - RETRIED_WITHIN // timedelta(microseconds=1) if request.is_retry else microseconds(request.arrived_at)


def find_stored_response(
    store: RecordStore, respond: Callable[[IngestResult], Any], request: Request
) -> StoredResponse | None:
    """Return the response of the newest successful attempt of `request` in the event store. `respond` makes it."""
    record = store.find_record(retry_key(request), request.body_digest)
    if record is None:
        return None
    kept = _unpacked(record.response)
    if record.statuses is None:
        return StoredResponse(record.body_digest, orjson.loads(kept), moment_of(record.created_at))
    result = IngestResult.from_json(kept).with_statuses(np.frombuffer(record.statuses, np.int8))
    response = respond(result)
    return StoredResponse(record.body_digest, response, moment_of(record.created_at))
