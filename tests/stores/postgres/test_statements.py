"""Every statement that the store sends keeps the rules by which it runs behind poolers and on distributed tables."""

import re
from typing import Any

import psycopg
import pyarrow as pa
import pytest

from inference_events.events.types import Scan
from tests.stores.opened import MODEL, NOW, Asked, Opened, Row, chunk

EVENTS = re.compile(r"\b(FROM|INTO|UPDATE|JOIN) events\b")
# What only the start of the program may do, and what no transaction may leave behind in its session.
DEFINITIONS = re.compile(r"^\s*(CREATE|ALTER|DROP|TRUNCATE)\b")
SESSION = re.compile(
    r"(^|;)\s*SET (?!LOCAL)|pg_advisory_lock|pg_try_advisory_lock|\b(LISTEN|PREPARE|LOAD|DISCARD)\b"
    r"|set_config|WITH HOLD|ON COMMIT (PRESERVE|DELETE)"
)
NEVER = re.compile(r"\bxmax\b|RETURNING (old|new)\b|nextval|currval|TRIGGER|REFERENCES", re.IGNORECASE)
LOCKS = re.compile(r"\bFOR (UPDATE|SHARE|NO KEY UPDATE|KEY SHARE)\b")
OWN_CLOCK = re.compile(r"\b(now\(\)|CURRENT_TIMESTAMP|localtime)", re.IGNORECASE)


@pytest.fixture
def statements(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Give the statements that are sent from now on."""
    sent: list[str] = []

    def record(name: str) -> None:
        original = getattr(psycopg.Cursor, name)

        def recording(self: Any, query: Any, *arguments: Any, **more: Any) -> Any:
            text = query.decode() if isinstance(query, bytes) else query
            sent.append(text if isinstance(text, str) else text.as_string(None))
            return original(self, query, *arguments, **more)

        monkeypatch.setattr(psycopg.Cursor, name, recording)

    for name in ("execute", "executemany", "copy"):
        record(name)
    return sent


def use_everything(opened: Opened) -> None:
    """Do all that a store can do, with and without an open job."""
    store = opened.store
    rows: list[Row] = [{"id": "a", "x": 1.0, "n": 1, "label": True, "extra": {"e": 1}}, {"id": "b", "x": 2.0}]
    for _ in range(2):
        opened.publish(*rows, records=Asked(key=f"{opened.environment()}").records(b"answer"))
        opened.publish({"id": "a", "x": 3.0}, {"id": "c"}, records=Asked().records(b"answer"))
        opened.append(*rows)
        opened.update({"id": "a", "n": 2, "x": 4.0, "extra": {"f": 1}}, {"id": "unknown", "n": 1})
        epoch = opened.accept_job()
        opened.publish(*rows, epoch=epoch)
        opened.publish({"id": "d"}, epoch=epoch)
    opened.publish(*({"id": each, "n": 1} for each in "ef"), epoch=epoch)
    opened.delete(epoch, event_ids=["a", "e"])
    opened.store.start_job(opened.jobs[epoch], 1).result()
    opened.publish({"id": "g"}, epoch=epoch, chunk=chunk(opened.jobs[epoch], [0], fence=1))
    opened.delete(epoch, fence=1, start=NOW - 1, end=NOW + 1)
    opened.publish(*rows)
    opened.read(event_ids=["a"], start=NOW - 1, after=(NOW - 1, ""))
    list(store.scan(Scan(MODEL, "production", opened.revision, ["x", "n"], 1)))
    opened.count()
    store.counts(MODEL)
    opened.define("n", n=pa.string(), x=pa.string())
    Asked().find(store)
    store.purge_records(NOW + 1).result()
    store.end_job(opened.jobs[epoch]).result()
    store.end_orphans([], NOW).result()
    store.forget_jobs(list(opened.jobs.values())).result()
    store.drop(MODEL).result()
    assert store.ping()


def test_statements_keep_the_rules(opened: Opened, statements: list[str]) -> None:
    """What is said of events names one environment, locks come in order, and nothing stays in a session."""
    use_everything(opened)
    assert len({statement for statement in statements if EVENTS.search(statement)}) > 15
    for statement in dict.fromkeys(statements):
        if EVENTS.search(statement):
            assert re.search(r"\benvironment = %s", statement), statement
        if LOCKS.search(statement):
            assert re.search(r"ORDER BY .*FOR UPDATE|WHERE job_id = %s FOR", statement, re.DOTALL), statement
        if "ON CONFLICT" in statement and "SELECT" in statement:
            assert "ORDER BY" in statement, statement
        assert not SESSION.search(statement), statement
        assert not NEVER.search(statement), statement
        assert not OWN_CLOCK.search(statement), statement
        if DEFINITIONS.search(statement):
            assert re.search(r"^\s*(CREATE TEMPORARY TABLE .*ON COMMIT DROP|DROP TABLE changed_events)", statement)


def test_connections_prepare_nothing_and_keep_nothing(opened: Opened, url: str) -> None:
    """After its transactions a connection has no statement, no lock and no table of its own."""
    use_everything(opened)
    with psycopg.connect(url) as session:
        locks = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"
        tables = "SELECT count(*) FROM pg_class WHERE relpersistence = 't'"
        assert [session.execute(each).fetchone() for each in (locks, tables)] == [(0,), (0,)]


def test_the_tables_refer_to_nothing(opened: Opened, url: str) -> None:
    """Events have no trigger, no foreign key and no column that a sequence fills, so that they can be distributed."""
    with psycopg.connect(url) as session:
        triggers = session.execute("SELECT count(*) FROM pg_trigger").fetchone()
        keys = session.execute("SELECT count(*) FROM pg_constraint WHERE contype = 'f'").fetchone()
        identities = session.execute(
            "SELECT count(*) FROM pg_attribute WHERE attrelid = 'events'::regclass AND attidentity <> ''"
        ).fetchone()
    assert (triggers, keys, identities) == ((0,), (0,), (0,))
