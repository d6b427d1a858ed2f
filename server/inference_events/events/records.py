"""Retry records as bytes: answers are kept compressed, as a thousand ids would weigh as much as their events."""

import threading
from typing import Any

import orjson
import zstandard

from inference_events.context import Request
from inference_events.events.store import EventStore, RetryKey, RetryRecord
from inference_events.ingest.timestamps import moment_of
from inference_events.retries import Earlier


class _Compressor(threading.local):
    """Compress in one thread. To make a compressor takes ten times as long as to compress a short answer."""

    def __init__(self) -> None:
        self.compress = zstandard.ZstdCompressor(level=1).compress


_compressor = _Compressor()


def retry_key(request: Request) -> RetryKey:
    """Return what a request shares with those that repeat it."""
    return RetryKey(request.token_id, request.method, request.path, request.idempotency_key)


def retry_record(request: Request, answer: Any, created_at: int) -> RetryRecord:
    """Make the record of an answer given at `created_at`, in microseconds since 1970."""
    return RetryRecord(
        token_id=request.token_id,
        method=request.method,
        path=request.path,
        idempotency_key=request.idempotency_key,
        body_digest=request.body_digest,
        answer=_compressor.compress(orjson.dumps(answer)),
        created_at=created_at,
    )


def find_earlier(store: EventStore, request: Request) -> Earlier | None:
    """Look up the newest attempt of `request` that succeeded in the event store."""
    record = store.find_record(retry_key(request), request.body_digest)
    if record is None:
        return None
    answer = orjson.loads(zstandard.ZstdDecompressor().decompress(record.answer))
    return Earlier(record.body_digest, answer, moment_of(record.created_at))
