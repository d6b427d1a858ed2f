"""Small blocks of rows are joined seldom: when much was changed, and when the store closes."""

from pathlib import Path

import duckdb
import pytest

from inference_events.events.types import Scan
from inference_events.stores.duckdb.table_schema import TableSchema
from tests.stores.opened import MODEL, Opened

CHANGES = 5000


@pytest.fixture(autouse=True)
def few_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let few changes be enough for a vacuum."""
    monkeypatch.setattr("inference_events.stores.duckdb.writer.VACUUM_CHANGES", CHANGES)


def publish(opened: Opened, start: int, count: int) -> None:
    opened.publish(*({"id": str(number), "n": number} for number in range(start, start + count)))


def wal_bytes(directory: Path) -> int:
    log = directory / "events.duckdb.wal"
    return log.stat().st_size if log.exists() else 0


def test_after_many_changes_the_log_is_merged(opened: Opened, tmp_path: Path) -> None:
    """What was changed is counted, and when it is much a checkpoint joins blocks; what is being read stays."""
    publish(opened, 0, CHANGES - 1000)
    opened.accept_job()
    assert wal_bytes(tmp_path) > 0
    scan = opened.store.scan(Scan(MODEL, "production", 1, ["n"], CHANGES * 2))
    first = next(scan)
    publish(opened, CHANGES, 1000)
    opened.accept_job()
    assert wal_bytes(tmp_path) < 10_000
    assert first.system.num_rows + sum(part.system.num_rows for part in scan) == CHANGES - 1000
    assert opened.count() == CHANGES


def test_a_store_that_is_closed_again_and_again_keeps_few_blocks(opened: Opened, tmp_path: Path) -> None:
    """Each closing leaves a block of rows, which the next joins."""
    for number in range(5):
        publish(opened, number * 10, 10)
        opened.reopen()
    opened.store.close()
    with duckdb.connect(str(tmp_path / "events.duckdb")) as database:
        table = TableSchema(MODEL, 1).table
        [(blocks,)] = database.sql(
            f"SELECT count(DISTINCT row_group_id) FROM pragma_storage_info('{table}')"
        ).fetchall()
    opened.reopen()
    assert blocks <= 2


def test_a_checkpoint_that_fails_fails_no_write(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was committed before a checkpoint is acknowledged, and once only, even when that cannot be made."""
    monkeypatch.setattr("inference_events.stores.duckdb.writer.VACUUM", "SELECT no_such_setting")
    publish(opened, 0, CHANGES + 1)
    opened.accept_job()
    assert opened.publish({"id": "0", "n": 0}) == ["unchanged"]
    assert opened.count() == CHANGES + 1
    monkeypatch.undo()


def test_rows_are_found_after_deleted_ones_are_left_out(opened: Opened, tmp_path: Path) -> None:
    """Rows move up when deleted ones before them are left out, and are found there, now and after a restart."""
    publish(opened, 0, CHANGES)
    opened.update({"id": "4000", "label": True})
    gone = opened.delete(opened.accept_job(), event_ids=[str(number) for number in range(0, CHANGES, 2)])
    publish(opened, CHANGES, CHANGES - gone)
    opened.accept_job()
    assert wal_bytes(tmp_path) < 10_000
    ids = [str(number) for number in (1, 1001, 4001, CHANGES + 5)]
    for name in ("a", "b"):
        expected = ["updated"] * len(ids) + ["unknown"]
        assert opened.update(*({"id": id, "name": name} for id in [*ids, "4000"])) == expected
        assert [opened.event(id)["values"] for id in ids] == [{"n": int(id), "name": name} for id in ids]
        opened.reopen()
