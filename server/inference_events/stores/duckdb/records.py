"""Retry records: rows of one table in the order of their time, and an index in memory that leads to them.

To look through ten million records takes 0.1 s. An index of the engine makes commits slower by three quarters, and the
engine does not use it. So memory holds a hash of what each record is found by, and its time, in 16 bytes. By the time
the engine passes over all but a few blocks of rows.

The index knows every record that is committed, and perhaps others: what it finds is read from the table. It notes what
this process writes. The first look-up adds what is stored then, which holds all that earlier processes wrote.
"""

import threading
from collections.abc import Sequence
from dataclasses import fields, replace

import duckdb
import numpy as np
import pyarrow as pa
import xxhash

from inference_events.events.types import IdempotencyRecord, RecordOfRows, RetryKey, Statuses
from inference_events.stores.duckdb.id_index import Hashes, IdIndex, RowKeys
from inference_events.stores.duckdb.sql import insert_rows

ROWS_AT_ONCE = 1 << 17
COLUMNS = ", ".join(field.name for field in fields(IdempotencyRecord))
ARROW = pa.schema(
    [
        *((name, pa.string()) for name in RetryKey._fields),
        ("body_digest", pa.binary()),
        ("answer", pa.binary()),
        ("created_at", pa.int64()),
        ("statuses", pa.binary()),
    ]
)
HASHED = """
SELECT
    encode(concat_ws(chr(10), token_id, method, path, '')) || coalesce(encode(idempotency_key), body_digest) AS hashed,
    created_at
FROM records
"""


class RecordIndex:
    """The times of records, by what the records are found by. Any thread may use it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loading = threading.Lock()
        self._is_loaded = False
        self._times = IdIndex(np.array([], np.uint64), np.array([], np.int64))

    def add(self, records: Sequence[IdempotencyRecord]) -> None:
        """Note records. Call it before they are committed: they must be found as soon as they are."""
        hashes = _hashes([_hashed(record.key, record.body_digest) for record in records])
        self._add(hashes, np.array([record.created_at for record in records], np.int64))

    def forget(self, before: int) -> None:
        """Drop records made before a time. Call it after their removal is committed."""
        with self._lock:
            self._times.drop_below(before)

    def times(self, db: duckdb.DuckDBPyConnection, key: RetryKey, body_digest: bytes) -> list[int]:
        """Return the times of records that may be the ones wanted, the newest first."""
        if not self._is_loaded:
            self._load(db)
        with self._lock:
            found = self._times.find(_hashes([_hashed(key, body_digest)]))
        times: list[int] = found[::-1].tolist()
        return times

    def holds_any(self, db: duckdb.DuckDBPyConnection, keys: Sequence[RetryKey]) -> bool:
        """Report whether one of the keys, which hold an idempotency key, may have a record."""
        if not self._is_loaded:
            self._load(db)
        with self._lock:
            return len(self._times.find(_hashes([_hashed(key, b"") for key in keys]))) > 0

    def _load(self, db: duckdb.DuckDBPyConnection) -> None:
        # A lock of its own: meanwhile the thread that writes goes on.
        with self._loading:
            if self._is_loaded:
                return
            for batch in db.sql(HASHED).to_arrow_reader(ROWS_AT_ONCE):
                self._add(_hashes(batch["hashed"].to_pylist()), batch["created_at"].to_numpy())
            self._is_loaded = True

    def _add(self, hashes: Hashes, times: RowKeys) -> None:
        with self._lock:
            self._times.add(hashes, times)


def find_record(
    db: duckdb.DuckDBPyConnection, index: RecordIndex, key: RetryKey, body_digest: bytes
) -> IdempotencyRecord | None:
    """Return the newest record of the key, or without an idempotency key of the digest."""
    same: tuple[str, bytes | str] = ("idempotency_key IS NULL AND body_digest = ?", body_digest)
    if key.idempotency_key is not None:
        same = ("idempotency_key = ?", key.idempotency_key)
    for time in index.times(db, key, body_digest):
        rows = db.execute(
            f"SELECT {COLUMNS} FROM records"
            f" WHERE created_at = ? AND {same[0]} AND token_id = ? AND method = ? AND path = ?"
            " ORDER BY rowid DESC LIMIT 1",
            [time, same[1], key.token_id, key.method, key.path],
        ).fetchall()
        if rows:
            return IdempotencyRecord(*rows[0])
    return None


def find_claimed(db: duckdb.DuckDBPyConnection, index: RecordIndex, claims: Sequence[RetryKey]) -> list[RetryKey]:
    """Return the claims that have a record."""
    # Hardly any has one, and to look for all of them at once takes as long as to look for one.
    if not claims or not index.holds_any(db, claims):
        return []
    return [claim for claim in claims if find_record(db, index, claim, b"")]


def with_statuses(one: RecordOfRows, statuses: Statuses) -> IdempotencyRecord:
    """Return a request's record with the statuses of its rows. One byte stands for all if they are equal."""
    own = statuses[one.low : one.high].tobytes()
    return replace(one.record, statuses=own[:1] if own == own[:1] * len(own) else own)


def insert_records(db: duckdb.DuckDBPyConnection, index: RecordIndex, records: Sequence[IdempotencyRecord]) -> None:
    """Insert records and note them in the index."""
    index.add(records)
    insert_rows(db, "records", ARROW, [tuple(vars(record).values()) for record in records])


def purge_records(db: duckdb.DuckDBPyConnection, before: int) -> None:
    """Delete records made before a time. The index still knows them."""
    db.execute("DELETE FROM records WHERE created_at < ?", [before])


def _hashed(key: RetryKey, body_digest: bytes) -> bytes:
    """Return what is hashed of a record. HASHED says the same in SQL."""
    place = f"{key.token_id}\n{key.method}\n{key.path}\n".encode()
    return place + (body_digest if key.idempotency_key is None else key.idempotency_key.encode())


def _hashes(hashed: Sequence[bytes]) -> Hashes:
    return np.fromiter(map(xxhash.xxh3_64_intdigest, hashed), np.uint64, len(hashed))
