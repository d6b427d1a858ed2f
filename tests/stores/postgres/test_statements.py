"""Every statement that the store sends keeps the rules by which it runs behind poolers and on distributed tables."""

import psycopg
import pyarrow as pa
import pytest

from inference_events.events.types import Scan
from tests.stores.opened import MODEL, NOW, Asked, Opened, Row, chunk
from tests.stores.statements import are_about_events, assert_rules, recorded


@pytest.fixture
def statements(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Give the statements that are sent from now on."""
    return recorded(monkeypatch)


def use_everything(opened: Opened) -> None:
    """Do all that a store can do, with and without an open job."""
    store = opened.store
    rows: list[Row] = [{"id": "a", "x": 1.0, "n": 1, "label": True, "extra": {"e": 1}}, {"id": "b", "x": 2.0}]
    for _ in range(2):
        opened.publish(*rows, records=Asked(key=f"{opened.environment()}").records(b"response"))
        opened.publish({"id": "a", "x": 3.0}, {"id": "c"}, records=Asked().records(b"response"))
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
    """Every statement that the store sends keeps the rules. The suite of all engines checks its own statements."""
    use_everything(opened)
    assert len(are_about_events(statements)) > 15
    assert_rules(statements)


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT count(*) FROM events e WHERE e.ts > %s",
        "DELETE FROM events e WHERE e.event_id = ANY(%s)",
        "SELECT e.event_id FROM events e WHERE e.environment = %s FOR UPDATE",
        "INSERT INTO records SELECT * FROM unnest(%s) ON CONFLICT DO NOTHING",
        "SELECT pg_advisory_lock(%s)",
        "BEGIN; SET statement_timeout = '30s'",
        "LISTEN jobs",
        "DECLARE scan CURSOR WITH HOLD FOR SELECT 1",
        "UPDATE clocks SET epoch = nextval('epochs')",
        "INSERT INTO open_jobs VALUES (%s, now())",
        "CREATE TEMPORARY TABLE new_events (LIKE events)",
        "CREATE INDEX later ON records (path)",
    ],
)
def test_a_statement_that_breaks_a_rule_is_found(statement: str) -> None:
    """Each rule finds what breaks it."""
    with pytest.raises(AssertionError):
        assert_rules([statement])


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
