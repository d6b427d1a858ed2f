"""What the index of retry records promises: few candidates among many records, and all that are stored."""

import hashlib
from pathlib import Path

import duckdb
import pytest

from inference_events.events.types import IdempotencyRecord, RetryKey
from inference_events.stores.duckdb import records
from inference_events.stores.duckdb.formats import open_format
from inference_events.stores.duckdb.records import RecordIndex, find_record, insert_records

COUNT = 5_000
PLAIN = RetryKey("t", "POST", "/v3/events", None)


@pytest.fixture
def db(tmp_path: Path) -> duckdb.DuckDBPyConnection:
    db = duckdb.connect(str(tmp_path / "events.duckdb"))
    open_format(db)
    return db


def digest(number: int) -> bytes:
    return hashlib.sha256(b"%d" % number).digest()


def record(number: int, is_keyed: bool) -> IdempotencyRecord:
    key = f"key-{number}" if is_keyed else None
    return IdempotencyRecord(*PLAIN[:3], key, digest(number), b"%d" % number, number)


@pytest.mark.parametrize("is_keyed", [False, True])
@pytest.mark.parametrize("is_reopened", [False, True])
def test_a_look_up_has_one_candidate(
    db: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch, is_keyed: bool, is_reopened: bool
) -> None:
    """Of many records one is read for a hit and none for a miss, whether this process or another wrote them."""
    monkeypatch.setattr(records, "ROWS_AT_ONCE", 1000)
    index = RecordIndex()
    insert_records(db, index, [record(number, is_keyed) for number in range(COUNT)])
    if is_reopened:
        index = RecordIndex()
    for number in range(0, COUNT, 97):
        wanted = record(number, is_keyed)
        assert index.times(db, wanted.key, wanted.body_digest) == [number]
        assert find_record(db, index, wanted.key, wanted.body_digest) == wanted
    missing = record(COUNT, is_keyed)
    assert index.times(db, missing.key, missing.body_digest) == []


def test_the_newest_of_equal_bodies_is_found_first(db: duckdb.DuckDBPyConnection) -> None:
    """Candidates come from the newest to the oldest, and the newest that is stored is the one found."""
    index = RecordIndex()
    same = [IdempotencyRecord(*PLAIN, b"same", b"%d" % time, time) for time in (3, 1, 2)]
    insert_records(db, index, same)
    index.add([IdempotencyRecord(*PLAIN, b"same", b"rolled back", 4)])
    assert index.times(db, PLAIN, b"same") == [4, 3, 2, 1]
    found = find_record(db, index, PLAIN, b"same")
    assert found is not None
    assert found.created_at == 3


def test_forgotten_records_are_no_candidates(db: duckdb.DuckDBPyConnection) -> None:
    """What is purged takes no memory any more."""
    index = RecordIndex()
    insert_records(db, index, [record(number, is_keyed=False) for number in range(COUNT)])
    records.purge_records(db, COUNT - 1)
    index.forget(COUNT - 1)
    assert [index.times(db, PLAIN, digest(number)) for number in (0, COUNT - 2, COUNT - 1)] == [[], [], [COUNT - 1]]
