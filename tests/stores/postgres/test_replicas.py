"""What two stores on one database, as two replicas have them, promise."""

import random
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from pathlib import Path
from typing import Any

import psycopg
import pyarrow as pa
import pytest

from inference_events.events.store import Store
from inference_events.events.store_errors import Fenced, ModelUnknown, RecordExists, RevisionChanged, StoreTooNew
from inference_events.events.types import Deletion, Query, WriteKind
from inference_events.stores.postgres import PostgresEventStore, ddl
from tests.stores.contract.test_concurrency import Gate
from tests.stores.databases import store_url
from tests.stores.opened import MODEL, SCHEMA, Asked, Opened, Row, chunk, names

SECONDS = 60
HOT_IDS = [f"hot {number}" for number in range(60)]


def publish(opened: Opened, store: Store, *rows: Row, **more: Any) -> list[str]:
    return names(store.write(opened.write_of(WriteKind.PUBLISH, rows, **more)).result(SECONDS))


def deadlocks(url: str) -> int:
    with psycopg.connect(url, autocommit=True) as session:
        session.execute("SELECT pg_stat_force_next_flush()")
        row = session.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()").fetchone()
        assert row is not None
        return int(row[0])


def test_what_one_writes_the_other_reads(opened: Opened, replica: PostgresEventStore) -> None:
    """A read that begins after a write is done sees it, at any replica; the same event again changes nothing."""
    assert publish(opened, opened.store, {"id": "a", "x": 1.0}) == ["created"]
    assert replica.read(Query(MODEL, "production", 1)).values["x"].to_pylist() == [1.0]
    assert publish(opened, replica, {"id": "a", "x": 1.0}) == ["unchanged"]


def test_the_same_ids_at_once_neither_lose_nor_deadlock(opened: Opened, replica: PostgresEventStore, url: str) -> None:
    """Writers of one set of ids, in any order and with any kind of write, wait for each other and all succeed."""
    before = deadlocks(url)

    def work(number: int) -> list[str]:
        chosen = random.Random(number)
        statuses: list[str] = []
        for turn in range(10):
            ids = chosen.sample(HOT_IDS, 40)
            kind = WriteKind.UPDATE if turn % 3 == 2 else WriteKind.PUBLISH
            rows = [{"id": each, "n": number * 100 + turn} for each in ids]
            write = opened.write_of(kind, rows, f"hot {number % 2}")
            store = (opened.store, replica)[number // 2 % 2]
            statuses += names(store.write(write).result(SECONDS))
        return statuses

    with ThreadPoolExecutor(8) as threads:
        statuses = list(chain.from_iterable(threads.map(work, range(8))))
    assert deadlocks(url) == before
    assert len(opened.read("hot 0")) == len(opened.read("hot 1")) == len(HOT_IDS)
    assert statuses.count("created") == 2 * len(HOT_IDS)


def test_one_of_two_replicas_claims_a_key(opened: Opened, replica: PostgresEventStore) -> None:
    """Of requests with one key at two replicas at the same time, one writes; the other finds its record."""
    for number in range(10):
        asked = Asked(key=f"key {number}")
        writes = [
            store.write(opened.write_of(WriteKind.PUBLISH, [{"id": f"{number} {turn}"}], records=asked.records(b"")))
            for turn, store in enumerate((opened.store, replica))
        ]
        errors = [type(write.exception(SECONDS)) for write in writes]
        assert sorted(errors, key=str) == sorted([type(None), RecordExists], key=str)
    assert opened.count() == 10


def test_a_job_of_one_replica_is_minded_at_the_other(opened: Opened, replica: PostgresEventStore) -> None:
    """What is acknowledged at one replica after a job was accepted at another is not undone by the job."""
    opened.publish({"id": "a", "x": 1.0, "n": 1}, {"id": "b"})
    epoch = replica.accept_job(MODEL, "job").result()
    opened.update({"id": "a", "x": 2.0})
    assert publish(opened, replica, {"id": "a", "x": 9.0, "n": 9}, epoch=epoch) == ["replaced"]
    assert opened.event("a")["values"] == {"x": 2.0, "n": 9}


def test_a_job_waits_for_the_requests_before_it(opened: Opened, replica: PostgresEventStore) -> None:
    """A job is accepted after the requests that are being written, at any replica, and counts them as earlier."""
    gate = Gate(opened)
    accepted = replica.accept_job(MODEL, "job")
    with pytest.raises(TimeoutError):
        accepted.result(0.3)
    gate.opened.set()
    deletion = Deletion(MODEL, "gate", accepted.result(SECONDS), "job", 0, event_ids=["gate"])
    assert replica.delete(deletion).result(SECONDS) == 1


def test_a_job_that_another_replica_runs_is_fenced(opened: Opened, replica: PostgresEventStore) -> None:
    """When a later run of a job has started at one replica, an earlier one elsewhere can write nothing more."""
    epoch = opened.accept_job("job")
    opened.store.start_job("job", 1).result(SECONDS)
    assert opened.publish({"id": "a"}, epoch=epoch, chunk=chunk("job", [0], fence=1)) == ["created"]
    replica.start_job("job", 2).result(SECONDS)
    with pytest.raises(Fenced):
        opened.publish({"id": "b"}, epoch=epoch, chunk=chunk("job", [1], start=1, fence=1))
    with pytest.raises(Fenced):
        opened.delete(epoch, fence=1, event_ids=["a"])
    more = chunk("job", [1], start=1, fence=2)
    assert publish(opened, replica, {"id": "c"}, epoch=epoch, chunk=more) == ["created"]
    assert opened.ids() == ["a", "c"]


def test_jobs_are_accepted_while_others_write(opened: Opened, replica: PostgresEventStore) -> None:
    """Each job gets an epoch of its own, despite concurrent writes at any replica."""
    with ThreadPoolExecutor(4) as threads:
        writing = [
            threads.submit(publish, opened, store, *({"id": f"{turn} {each}"} for each in range(20)))
            for turn, store in enumerate([opened.store, replica] * 10)
        ]
        epochs = [
            store.accept_job(MODEL, f"job {turn}").result(SECONDS)
            for turn, store in enumerate([opened.store, replica] * 5)
        ]
        assert all(each.result(SECONDS) == ["created"] * 20 for each in writing)
    assert epochs == sorted(set(epochs))


def test_a_schema_that_one_changes_binds_the_other(opened: Opened, replica: PostgresEventStore) -> None:
    """A replica that knows the old columns refuses to write by them, and reads by the new ones."""
    publish(opened, replica, {"id": "a", "x": 1.0})
    stale = opened.write_of(WriteKind.PUBLISH, [{"id": "b", "x": 1.0}])
    opened.define(x=pa.string())
    with pytest.raises(RevisionChanged):
        replica.write(stale).result(SECONDS)
    assert replica.read(Query(MODEL, "production", 1)).values.to_pylist() == [{"x": "1.0"}]


def test_a_model_that_one_drops_is_unknown_to_the_other(opened: Opened, replica: PostgresEventStore) -> None:
    """A dropped model is gone everywhere; one that is defined again, with the same revision, has its own columns."""
    publish(opened, replica, {"id": "a", "x": 1.0})
    opened.store.drop(MODEL).result(SECONDS)
    with pytest.raises(ModelUnknown):
        replica.read(Query(MODEL, "production", 1))
    opened.store.apply_schema(MODEL, 1, pa.schema([SCHEMA.field("name"), SCHEMA.field("x")])).result(SECONDS)
    assert replica.read(Query(MODEL, "production", 1)).values.column_names == ["name", "x"]


def test_replicas_start_at_once(tmp_path: Path) -> None:
    """Several first starts on one empty database create the tables once."""
    url = store_url(tmp_path / "empty")
    with ThreadPoolExecutor(4) as threads:
        for store in threads.map(PostgresEventStore, [url] * 4):
            assert store.ping()
            store.close()


def test_a_newer_schema_is_refused_if_it_says_so(opened: Opened, url: str) -> None:
    """A program starts beside a newer schema, unless that names a newer program as the oldest."""
    with psycopg.connect(url, autocommit=True) as session:
        session.execute("UPDATE store_schema_version SET schema_version = 7")
        PostgresEventStore(url).close()
        session.execute("UPDATE store_schema_version SET oldest_program_version = 7")
    with pytest.raises(StoreTooNew) as refused:
        PostgresEventStore(url)
    assert refused.value.args == (7, ddl.SCHEMA_VERSION)
