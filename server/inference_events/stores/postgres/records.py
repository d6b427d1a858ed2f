"""Idempotency records. They are inserted last in a write's transaction, sorted by `found_by`.

Each has the id of the batch that wrote it, by which a batch recognises its own commit. A batch without records inserts
one in their place.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any
from uuid import UUID

from inference_events.events.store_errors import RecordExists
from inference_events.events.types import IdempotencyRecord, RecordOfRows, RetryKey, Statuses, Write
from inference_events.stores.postgres.connections import Connection
from inference_events.stores.postgres.escaping import escape, unescape

NAMES = [field.name for field in fields(IdempotencyRecord)]
PURGED_ROWS = 10_000
BATCH = "BATCH"
TYPES = ("bytea", "uuid", "text", "text", "text", "text", "bytea", "bytea", "int8", "bytea")
# If another write has claimed a key but not committed, this statement waits for it.
INSERT = f"""
INSERT INTO records (found_by, batch, {", ".join(NAMES)})
SELECT * FROM unnest({", ".join(f"%s::{kind}[]" for kind in TYPES)}) AS r (found_by) ORDER BY r.found_by
ON CONFLICT (found_by) WHERE idempotency_key IS NOT NULL DO NOTHING
RETURNING found_by
"""


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
    inserted = [with_statuses(request, statuses) for request in write.records]
    if not inserted and write.chunk is None:
        inserted = [_stand_in(batch, write)]
    rows = [(found_by(each.key, each.body_digest), batch, *_values(each)) for each in inserted]
    if not rows:
        return
    stored = {row[0] for row in db.execute(INSERT, list(map(list, zip(*rows, strict=True))))}
    if refused := [each.key for each, row in zip(inserted, rows, strict=True) if row[0] not in stored]:
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
    return replace(request.record, statuses=own[:1] if own == own[:1] * len(own) else own)


def found_by(key: RetryKey, body_digest: bytes) -> bytes:
    """Return the hash by which a record is found: of its key; if it has no idempotency key, of its digest."""
    prefix = f"{key.token_id}\n{key.method}\n{key.path}\n".encode()
    own = b"D" + body_digest if key.idempotency_key is None else b"K" + key.idempotency_key.encode()
    return hashlib.sha256(prefix + own).digest()


def _values(record: IdempotencyRecord) -> list[Any]:
    return [escape(each) if isinstance(each, str) else each for each in vars(record).values()]


def _stand_in(batch: UUID, write: Write) -> IdempotencyRecord:
    return IdempotencyRecord("", BATCH, "", None, batch.bytes, b"", write.received_at)
