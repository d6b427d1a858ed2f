"""Idempotency records. They are inserted last in a write's transaction, sorted by `found_by`.

Each has the id of the batch that wrote it, by which a batch recognises its own commit. A batch without records inserts
one in their place.

A retry without a key may reach another replica while its first attempt still waits or writes here. A lock lets only one
of them write at a time, and the second one finds the record of the other. A first attempt that its retry has overtaken
recognises the record of the retry by `is_retry` and by its time, which is later than its own.
"""

import hashlib
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from inference_events.events.store_errors import RecordExists
from inference_events.events.types import IdempotencyRecord, RecordOfRows, RetryKey, Statuses, Write
from inference_events.stores.postgres.connections import Connection
from inference_events.stores.postgres.escaping import escape, unescape

# In the order of IdempotencyRecord. Stored records keep the name `answer` for the response.
NAMES = [*RetryKey._fields, "body_digest", "answer", "created_at", "statuses"]
PURGED_ROWS = 10_000
BATCH = "BATCH"
STORED = ["found_by", "batch", "is_retry", *NAMES]
TYPES = ("bytea", "uuid", "bool", "text", "text", "text", "text", "bytea", "bytea", "int8", "bytea", "int8")
# If another write has claimed a key but not committed, this statement waits for it.
INSERT = f"""
INSERT INTO records ({", ".join(STORED)})
SELECT {", ".join(f"r.{name}" for name in STORED)}
FROM unnest({", ".join(f"%s::{kind}[]" for kind in TYPES)}) AS r ({", ".join(STORED)}, since)
WHERE r.since IS NULL OR NOT EXISTS (
    SELECT 1 FROM records o WHERE o.found_by = r.found_by AND o.idempotency_key IS NULL
    AND o.created_at >= r.since AND (r.is_retry OR o.is_retry)
)
ORDER BY r.found_by
ON CONFLICT (found_by) WHERE idempotency_key IS NOT NULL DO NOTHING
RETURNING found_by
"""
# By default, PostgreSQL's lock table has room for this many per transaction.
ATTEMPT_LOCKS = 64


def find_record(db: Connection, key: RetryKey, body_digest: bytes) -> IdempotencyRecord | None:
    """Return the newest record of the key; if it has no idempotency key, of the digest."""
    keyed = "IS NULL" if key.idempotency_key is None else "IS NOT NULL"
    row = db.execute(
        f"SELECT {', '.join(NAMES)} FROM records WHERE found_by = %s AND idempotency_key {keyed}"
        " ORDER BY created_at DESC, id DESC LIMIT 1",
        [found_by(key, body_digest)],
    ).fetchone()
    if row is None:
        return None
    values: list[Any] = [unescape(each) if isinstance(each, str) else each for each in row]
    return IdempotencyRecord(*values)


def attempt_locks(write: Write) -> dict[int, bool]:
    """Return the numbers of the locks that attempts of a write's requests share, with True if a retry is among them.

    Requests with a key need none. There are few locks, so some unrelated requests wait for each other.
    """
    locks: dict[int, bool] = {}
    for one in write.requests:
        if one.record.idempotency_key is None:
            number = found_by(one.record.key, one.record.body_digest)[0] % ATTEMPT_LOCKS
            locks[number] = locks.get(number, False) or one.is_retry
    return locks


def find_claimed(db: Connection, claims: Sequence[RetryKey]) -> list[RetryKey]:
    """Return the claims that have a record."""
    if not claims:
        return []
    by_hash = {found_by(claim, b""): claim for claim in claims}
    rows = db.execute(
        "SELECT found_by FROM records WHERE found_by = ANY(%s) AND idempotency_key IS NOT NULL", [list(by_hash)]
    )
    known = {row[0] for row in rows}
    return [claim for each, claim in by_hash.items() if each in known]


def insert_records(db: Connection, batch: UUID, write: Write, statuses: Statuses) -> None:
    """Insert the records of a write, or one for its batch. Raises RecordExists.

    A chunk of a job needs none: its commit shows in the job's progress.
    """
    inserted = list(write.records)
    if not inserted and write.chunk is None:
        inserted = [RecordOfRows(_stand_in(batch, write), 0, 0)]
    rows = [_row(batch, one, with_statuses(one, statuses)) for one in inserted]
    if not rows:
        return
    stored = {row[0] for row in db.execute(INSERT, list(map(list, zip(*rows, strict=True))))}
    if refused := [index for index, row in enumerate(rows) if row[0] not in stored]:
        raise RecordExists(*refused)


def is_committed(db: Connection, batch: UUID, write: Write) -> bool:
    """Return whether a batch was committed before."""
    first = write.records[0].record if write.records else _stand_in(batch, write)
    row = db.execute(
        "SELECT 1 FROM records WHERE found_by = %s AND batch = %s", [found_by(first.key, first.body_digest), batch]
    ).fetchone()
    return row is not None


def purge_some_records(db: Connection, before: int) -> bool:
    """Delete some of the records made before a time. Return whether none is left."""
    chosen = f"SELECT id FROM records WHERE created_at < %s ORDER BY id LIMIT {PURGED_ROWS} FOR UPDATE"
    deleted = db.execute(f"DELETE FROM records WHERE id IN ({chosen})", [before]).rowcount
    return deleted < PURGED_ROWS


def with_statuses(request: RecordOfRows, statuses: Statuses) -> IdempotencyRecord:
    """Return a request's record with the statuses of its rows. One byte stands for all if they are equal."""
    own = statuses[request.low : request.high].tobytes()
    return request.record._replace(statuses=own[:1] if own == own[:1] * len(own) else own)


def found_by(key: RetryKey, body_digest: bytes) -> bytes:
    """Return the hash by which a record is found: of its key; if it has no idempotency key, of its digest."""
    prefix = f"{key.token_id}\n{key.method}\n{key.path}\n".encode()
    own = b"D" + body_digest if key.idempotency_key is None else b"K" + key.idempotency_key.encode()
    return hashlib.sha256(prefix + own).digest()


def _row(batch: UUID, one: RecordOfRows, record: IdempotencyRecord) -> list[Any]:
    values = [escape(each) if isinstance(each, str) else each for each in record]
    return [found_by(record.key, record.body_digest), batch, one.is_retry, *values, one.since]


def _stand_in(batch: UUID, write: Write) -> IdempotencyRecord:
    return IdempotencyRecord("", BATCH, "", None, batch.bytes, b"", write.received_at)
