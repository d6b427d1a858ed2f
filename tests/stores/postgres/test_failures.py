"""Acknowledged writes are stored once, even if the connection or the server fails."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any

import psycopg
import pytest

from inference_events.events.store_errors import Retryable, StoreClosed, StoreUnreadable
from inference_events.events.types import JobProgress, WriteKind
from inference_events.stores.postgres import PostgresEventStore, staging, transactions
from inference_events.stores.postgres.connections import Connection
from tests.servers.postgres import Postgres
from tests.stores.opened import MODEL, SCHEMA, Asked, Opened, Row, chunk, names

Commit = Callable[[Connection], None]
SECONDS = 60
LOST = psycopg.OperationalError("server closed the connection unexpectedly")
OTHERS = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname IS NOT NULL"


def after_the_commit(commit: Commit, connection: Connection) -> None:
    """Lose the connection when the server has committed, before it could say so."""
    commit(connection)
    connection.close()
    raise LOST


def before_the_commit(_: Commit, connection: Connection) -> None:
    """Lose the connection before the server was asked to commit."""
    connection.close()
    raise LOST


def use_of(opened: Opened) -> tuple[int, int]:
    """Return how many transactions ran again, and how many commits had an unknown outcome, as the metrics show."""
    assert isinstance(opened.store, PostgresEventStore)
    use = opened.store.database_use
    return use.retries, use.unknown_commits


LOSSES = [after_the_commit, before_the_commit]


@pytest.fixture
def losing(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Let the next commits lose their connections."""

    def lose(how: Callable[[Commit, Connection], None], times: int = 1) -> None:
        commit, losses = transactions.commit, iter(range(times))
        monkeypatch.setattr(
            transactions,
            "commit",
            lambda connection: commit(connection) if next(losses, None) is None else how(commit, connection),
        )

    return lose


@pytest.mark.parametrize("how", LOSSES)
@pytest.mark.parametrize("key", [None, "key"])
@pytest.mark.parametrize("has_record", [True, False])
def test_a_write_whose_commit_nobody_saw_is_done_once(
    opened: Opened, losing: Callable[..., None], how: Commit, key: str | None, has_record: bool
) -> None:
    """A request succeeds as if nothing had happened, and leaves one record."""
    opened.publish({"id": "a", "n": 1})
    asked = Asked(key=key)
    losing(how)
    rows: list[Row] = [{"id": "a", "n": 2}, {"id": "b"}, {"id": "c"}]
    records = asked.records(b"response", rows=3) if has_record else ()
    write = opened.write_of(WriteKind.PUBLISH, rows, records=records)
    before = use_of(opened)
    assert names(opened.store.write(write).result(SECONDS)) == ["replaced", "created", "created"]
    assert use_of(opened) == (before[0] + 1, before[1] + 1)
    assert opened.ids() == ["a", "b", "c"]
    assert (asked.find(opened.store) == b"response") == has_record
    assert opened.publish({"id": "a", "n": 2}) == ["unchanged"]


@pytest.mark.parametrize("how", LOSSES)
def test_a_chunk_whose_commit_nobody_saw_is_counted_once(
    opened: Opened, losing: Callable[..., None], how: Commit
) -> None:
    """A job's progress counts each row once."""
    epoch = opened.accept_job("job")
    losing(how)
    assert opened.publish({"id": "a"}, {"id": "b"}, epoch=epoch, chunk=chunk("job", [0, 1])) == ["created"] * 2
    assert opened.store.progress("job") == JobProgress(2, {"created": 2, "rejected_rows": 0})


@pytest.mark.parametrize("how", LOSSES)
def test_jobs_and_schemas_whose_commit_nobody_saw_are_as_asked(
    opened: Opened, losing: Callable[..., None], how: Commit
) -> None:
    """Acceptance, deletion and definition have their effect once."""
    opened.publish({"id": "a"}, {"id": "b"})
    losing(how)
    epoch = opened.accept_job()
    losing(how)
    assert opened.delete(epoch, event_ids=["a"]) == 1
    losing(how)
    opened.define(x=SCHEMA.field("x").type)
    assert opened.accept_job() == epoch + 1
    assert opened.publish({"id": "b", "x": 1.0}) == ["replaced"]


def test_what_fails_again_and_again_can_be_tried_later(opened: Opened, losing: Callable[..., None]) -> None:
    """After some attempts the caller is told to come back, and the store goes on."""
    losing(before_the_commit, transactions.MAX_ATTEMPTS)
    with pytest.raises(Retryable):
        opened.publish({"id": "a"})
    assert opened.publish({"id": "a"}) == ["created"]


def test_a_row_that_stays_locked_can_be_tried_later(opened: Opened, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for ever for a transaction that hangs."""
    monkeypatch.setattr(transactions, "LOCK_SECONDS", 0.01)
    opened.publish({"id": "a", "n": 1})
    with psycopg.connect(url) as session:
        session.execute("SELECT 1 FROM events FOR UPDATE")
        with pytest.raises(Retryable):
            opened.publish({"id": "a", "n": 2})
    assert opened.publish({"id": "a", "n": 2}) == ["replaced"]


def test_a_copy_that_is_cut_is_made_again(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    """A request whose connection is lost in a COPY succeeds, although the driver raises an error of another kind."""
    insert, cuts = staging.insert_or_lock, iter(range(1))

    def cut(db: Connection, *arguments: Any) -> set[str]:
        if next(cuts, None) is None:
            return insert(db, *arguments)
        db.close()
        raise ValueError("too many values to unpack (expected 1)")

    monkeypatch.setattr(staging, "insert_or_lock", cut)
    assert opened.publish({"id": "a", "n": 1}) == ["created"]
    assert opened.ids() == ["a"]


def test_connections_that_are_cut_are_made_again(opened: Opened, url: str) -> None:
    """Writes and reads go on while all connections are ended again and again."""
    with ThreadPoolExecutor(1) as threads, psycopg.connect(url, autocommit=True, prepare_threshold=None) as session:
        writes = [threads.submit(opened.publish, {"id": f"{number:03d}"}) for number in range(60)]
        while left := [write for write in writes if not write.done()]:
            session.execute(OTHERS)
            # A write gives up after five cuts, and a slow machine needs more time for one.
            wait(left[:2])
            assert opened.count() <= len(opened.read())
        assert [write.result() for write in writes] == [["created"]] * 60
    assert opened.count() == 60


@pytest.fixture
def server() -> Iterator[Postgres]:
    """Give a server that may be killed."""
    server = Postgres()
    server.create()
    yield server
    server.remove()


def test_what_was_acknowledged_outlives_a_crash_of_the_server(server: Postgres, tmp_path: Path) -> None:
    """After a kill of PostgreSQL the store goes on, with everything that was acknowledged and nothing half there."""
    url = server.new_database("killed")
    opened = Opened(lambda _: PostgresEventStore(url), tmp_path)
    acknowledged: set[str] = set()

    def write() -> None:
        for number in range(100):
            pair = [{"id": f"{number:03d} {part}"} for part in "ab"]
            try:
                opened.publish(*pair)
            except Retryable:
                continue
            acknowledged.update(each["id"] for each in pair)

    with ThreadPoolExecutor(1) as threads:
        writing = threads.submit(write)
        for count in (20, 100):
            while not writing.done() and len(acknowledged) < count:
                time.sleep(0.01)
            server.kill()
            server.start()
        writing.result(SECONDS)
    ids = opened.ids()
    assert acknowledged <= set(ids)
    assert all(each.replace("a", "b") in ids and each.replace("b", "a") in ids for each in ids)
    opened.store.close()


def test_a_server_that_is_not_there_is_said_to_be_unreadable() -> None:
    """A store that cannot be opened says why."""
    with pytest.raises(StoreUnreadable, match="refused"):
        PostgresEventStore("postgresql://postgres@127.0.0.1:1/none")


def test_a_closed_store_refuses(opened: Opened) -> None:
    """Reads and writes after the end are refused as such."""
    opened.store.close()
    with pytest.raises(StoreClosed):
        opened.read()
    with pytest.raises(StoreClosed):
        opened.publish({"id": "a"})
    with pytest.raises(StoreClosed):
        opened.store.drop(MODEL)
    opened.reopen()


def test_errors_of_the_database_hold_no_values(opened: Opened, url: str) -> None:
    """What the database says of a statement that it refuses may hold a payload, so it is neither raised nor logged."""
    with psycopg.connect(url, autocommit=True) as session:
        session.execute("ALTER TABLE events ADD CONSTRAINT none CHECK (event_id <> 'secret')")
    with pytest.raises(transactions.QueryFailed) as failed:
        opened.publish({"id": "secret"})
    assert str(failed.value) == "PostgreSQL: CheckViolation, 23514"
    assert failed.value.__cause__ is None
    assert failed.value.__suppress_context__
