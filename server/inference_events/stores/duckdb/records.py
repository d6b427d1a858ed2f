"""Idempotency records: a table sorted by time, and an index in memory.

A scan of ten million records takes 0.1 s. An index of the engine makes commits slower by three quarters, and the engine
does not use it. So the index in memory holds 16 bytes for each record: a hash of its key or digest, and its time. With
the time in the query, the engine skips all but a few blocks of rows.

The index has every committed record and perhaps others, so its results are read from the table. It adds the records
that this process writes. The first look-up adds all stored records, and so those of earlier processes.
"""

import threading
from collections.abc import Sequence

import duckdb
import numpy as np
import pyarrow as pa
import xxhash

from inference_events.events.types import IdempotencyRecord, RecordOfRows, RetryKey, Statuses
from inference_events.stores.duckdb.id_index import Hashes, IdIndex, RowKeys
from inference_events.stores.duckdb.sql import insert_rows

ROWS_AT_ONCE = 1 << 17
# In the order of IdempotencyRecord. Stored records keep the name `answer` for the response.
ARROW = pa.schema(
    [
        *((name, pa.string()) for name in RetryKey._fields),
        ("body_digest", pa.binary()),
        ("answer", pa.binary()),
        ("created_at", pa.int64()),
        ("statuses", pa.binary()),
    ]
)
COLUMNS = ", ".join(ARROW.names)
HASHED = """
SELECT
    encode(concat_ws(chr(10), token_id, method, path, '')) || coalesce(encode(idempotency_key), body_digest) AS hashed,
    created_at
FROM records
"""


class RecordIndex:
    """The times of records by the hash of their key or digest. Any thread may use it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loading = threading.Lock()
        self._is_loaded = False
        self._times = IdIndex(np.array([], np.uint64), np.array([], np.int64))

    def add(self, records: Sequence[IdempotencyRecord]) -> None:
        """Add records. Call it before their commit, so that they are found as soon as they are committed."""
        hashes = _hashes([_hashed(record.key, record.body_digest) for record in records])
        self._add(hashes, np.array([record.created_at for record in records], np.int64))

    def forget(self, before: int) -> None:
        """Remove records made before a time. Call it after their deletion is committed."""
        with self._lock:
            self._times.drop_below(before)

    def times(self, db: duckdb.DuckDBPyConnection, key: RetryKey, body_digest: bytes) -> list[int]:
        """Return the times of records that may match, newest first."""
        if not self._is_loaded:
            self._load(db)
        with self._lock:
            found = self._times.find(_hashes([_hashed(key, body_digest)]))
        times: list[int] = found[::-1].tolist()
        return times

    def holds_any(self, db: duckdb.DuckDBPyConnection, keys: Sequence[RetryKey]) -> bool:
        """Return whether one of the keys may have a record. Each must have an idempotency key."""
        if not self._is_loaded:
            self._load(db)
        with self._lock:
            return len(self._times.find(_hashes([_hashed(key, b"") for key in keys]))) > 0

    def _load(self, db: duckdb.DuckDBPyConnection) -> None:
        # A separate lock, so that the writing thread does not wait for this.
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
    """Return the newest record of the key; if it has no idempotency key, of the digest."""
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
    # Claims rarely have records, and checking all of them takes as long as checking one.
    if not claims or not index.holds_any(db, claims):
        return []
    return [claim for claim in claims if find_record(db, index, claim, b"")]


def with_statuses(request: RecordOfRows, statuses: Statuses) -> IdempotencyRecord:
    """Return a request's record with the statuses of its rows. One byte stands for all if they are equal."""
    own = statuses[request.low : request.high].tobytes()
    return request.record._replace(statuses=own[:1] if own == own[:1] * len(own) else own)


def insert_records(db: duckdb.DuckDBPyConnection, index: RecordIndex, records: Sequence[IdempotencyRecord]) -> None:
    """Insert records and add them to the index."""
    index.add(records)
    insert_rows(db, "records", ARROW, records)


def purge_records(db: duckdb.DuckDBPyConnection, before: int) -> None:
    """Delete records made before a time. The index keeps them."""
    db.execute("DELETE FROM records WHERE created_at < ?", [before])


def _hashed(key: RetryKey, body_digest: bytes) -> bytes:
    """Return the bytes of a record that are hashed. HASHED is the same in SQL."""
    prefix = f"{key.token_id}\n{key.method}\n{key.path}\n".encode()
    return prefix + (body_digest if key.idempotency_key is None else key.idempotency_key.encode())


def _hashes(hashed: Sequence[bytes]) -> Hashes:
    return np.fromiter(map(xxhash.xxh3_64_intdigest, hashed), np.uint64, len(hashed))
