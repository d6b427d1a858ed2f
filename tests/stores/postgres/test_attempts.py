"""Attempts at one request without a key, at two replicas: one of them writes, and the other learns that it did."""

import psycopg
import pytest

from inference_events.events.store import Store
from inference_events.events.store_errors import RecordExists
from inference_events.events.types import RecordOfRows, WriteKind
from inference_events.stores.postgres import PostgresEventStore, ddl
from tests.stores.contract.test_concurrency import Gate
from tests.stores.opened import NOW, SECOND, Asked, Opened, names

SECONDS = 60
ASKED = Asked()


def first(asked: Asked = ASKED, made_at: int = NOW) -> RecordOfRows:
    """Return the record of a first attempt that arrived at NOW."""
    return RecordOfRows(asked.record(b"first", made_at), 0, 1, since=NOW)


def retry(asked: Asked = ASKED, made_at: int = NOW + SECOND) -> RecordOfRows:
    """Return the record of a retry, which joins the attempts of the minute before."""
    return RecordOfRows(asked.record(b"retry", made_at), 0, 1, is_retry=True, since=made_at - 60 * SECOND)


def publish(opened: Opened, store: Store, *records: RecordOfRows, name: str = "a") -> list[str]:
    write = opened.write_of(WriteKind.PUBLISH, [{"id": name}], records=records)
    return names(store.write(write).result(SECONDS))


def test_a_retry_joins_the_attempt_that_runs_elsewhere(opened: Opened, replica: PostgresEventStore) -> None:
    """A retry waits for the first attempt, which another replica is writing, and then changes nothing."""
    gate = Gate(opened, first())
    joining = replica.write(opened.write_of(WriteKind.PUBLISH, [{"id": "a"}], records=[retry()]))
    with pytest.raises(TimeoutError):
        joining.result(0.3)
    gate.opened.set()
    gate.passed.result(SECONDS)
    refused = joining.exception(SECONDS)
    assert isinstance(refused, RecordExists)
    assert refused.args == (0,)
    assert opened.ids() == []
    assert ASKED.find(replica) == b"first"


def test_a_retry_runs_if_the_attempt_elsewhere_fails(opened: Opened, replica: PostgresEventStore) -> None:
    """A retry that waited for an attempt that was rolled back writes."""
    gate = Gate(opened, first())
    gate.fails = True
    joining = replica.write(opened.write_of(WriteKind.PUBLISH, [{"id": "a"}], records=[retry()]))
    gate.opened.set()
    assert names(joining.result(SECONDS)) == ["created"]
    assert isinstance(gate.passed.exception(SECONDS), ZeroDivisionError)
    assert ASKED.find(opened.store) == b"retry"


def test_an_attempt_that_its_retry_has_overtaken_changes_nothing(opened: Opened, replica: PostgresEventStore) -> None:
    """A first attempt that still waited when its retry was done elsewhere finds the record of the retry."""
    assert publish(opened, replica, retry()) == ["created"]
    with pytest.raises(RecordExists):
        publish(opened, opened.store, first(), name="b")
    assert opened.ids() == ["a"]
    later = RecordOfRows(ASKED.record(b"later"), 0, 1, since=NOW + 2 * SECOND)
    assert publish(opened, opened.store, later, name="c") == ["created"]


def test_equal_requests_are_not_attempts_at_one(opened: Opened, replica: PostgresEventStore) -> None:
    """Without a key and the retry header an equal request always runs, and a retry joins none that is too old."""
    for number, store in enumerate((opened.store, replica, opened.store)):
        assert publish(opened, store, first(made_at=NOW + number), name=f"{number}") == ["created"]
    assert publish(opened, replica, retry(made_at=NOW + 61 * SECOND), name="retry") == ["created"]
    other = Asked(token="other")
    assert publish(opened, replica, retry(other), name="other") == ["created"]


def test_the_others_of_a_batch_are_named(opened: Opened, replica: PostgresEventStore) -> None:
    """A write is refused with the places of the requests that have a record, so that the others can be written."""
    other = Asked(digest=b"other")
    publish(opened, replica, first())
    write = opened.write_of(WriteKind.PUBLISH, [{"id": "b"}, {"id": "c"}], records=[first(other), retry()])
    refused = opened.store.write(write).exception(SECONDS)
    assert isinstance(refused, RecordExists)
    assert refused.args == (1,)


def test_many_attempts_are_written_at_once(opened: Opened, replica: PostgresEventStore) -> None:
    """Attempts at many requests, in any order at two replicas, wait for each other, but not for ever."""
    asked = [Asked(digest=bytes([number])) for number in range(100)]
    writes = [
        store.write(opened.write_of(WriteKind.PUBLISH, [{"id": "a"}], records=[make(one) for one in order]))
        for order in (asked, asked[::-1])
        for store, make in ((opened.store, first), (replica, retry), (replica, first))
    ]
    errors = [write.exception(SECONDS) for write in writes]
    assert {type(error) for error in errors} <= {type(None), RecordExists}
    assert errors[0] is None or errors[1] is None


def test_a_database_of_the_version_before_is_migrated(opened: Opened, url: str) -> None:
    """A new program adds what the tables of an older one lack. Programs of that version go on beside it."""
    with psycopg.connect(url, autocommit=True) as session:
        session.execute("ALTER TABLE records DROP COLUMN is_retry")
        session.execute("UPDATE store_schema_version SET schema_version = 1")
        opened.reopen()
        versions = session.execute("SELECT schema_version, oldest_program_version FROM store_schema_version").fetchone()
        assert versions == (ddl.SCHEMA_VERSION, ddl.OLDEST_PROGRAM_VERSION)
    assert publish(opened, opened.store, retry()) == ["created"]
    opened.reopen()
    assert opened.ids() == ["a"]
