"""After a failure of the engine everything goes on, with what was committed and without what was not."""

from collections.abc import Callable
from typing import Any, TypeAlias

import duckdb
import pytest

from inference_events.stores.duckdb.reopening import COMMITTED
from inference_events.stores.duckdb.writer import Writer
from tests.stores.opened import Opened

Commit: TypeAlias = Callable[[Writer], None]


def after_the_commit(commit: Commit, writer: Writer) -> None:
    """Fail as DuckDB does when the disk has room for the commit, but not for the checkpoint that is due with it."""
    commit(writer)
    raise duckdb.FatalException(f"Transaction {COMMITTED}, but the autocheckpoint failed")


def instead_of_the_commit(commit: Commit, writer: Writer) -> None:
    """Fail as DuckDB does when a checkpoint fails that a commit is a part of."""
    raise duckdb.FatalException("Failed to create checkpoint")


def with_a_rollback(commit: Commit, writer: Writer) -> None:
    """Fail as DuckDB does when the log cannot be written: it has rolled back already."""
    writer._db.rollback()
    raise duckdb.TransactionException("Failed to commit: Could not write file")


def failing(monkeypatch: pytest.MonkeyPatch, fail: Callable[[Commit, Writer], None], times: int = 1) -> None:
    """Let the next commits fail."""
    commit = Writer.commit
    failures = iter(range(times))

    def commit_or_fail(writer: Writer) -> None:
        if next(failures, None) is None:
            commit(writer)
        else:
            fail(commit, writer)

    monkeypatch.setattr(Writer, "commit", commit_or_fail)


def test_a_job_whose_acceptance_was_not_committed_is_not_open(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody would end it, so requests would note what they write for ever."""
    epoch = opened.accept_job()
    failing(monkeypatch, instead_of_the_commit)
    with pytest.raises(duckdb.Error):
        opened.accept_job()
    assert opened.accept_job() == epoch + 1


def test_what_was_committed_is_a_success(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    """A commit that is on disk is reported as committed, although the engine failed right after it."""
    opened.publish({"id": "a", "n": 1})
    failing(monkeypatch, after_the_commit)
    assert opened.publish({"id": "a", "n": 2}, {"id": "b", "n": 1}) == ["replaced", "created"]
    assert opened.publish({"id": "b", "n": 1}, {"id": "c", "n": 1}) == ["unchanged", "created"]
    assert {event["id"]: event["values"]["n"] for event in opened.read()} == {"a": 2, "b": 1, "c": 1}


@pytest.mark.parametrize("fail", [instead_of_the_commit, with_a_rollback])
def test_what_was_not_committed_can_be_tried_again(
    opened: Opened, monkeypatch: pytest.MonkeyPatch, fail: Callable[[Commit, Writer], Any]
) -> None:
    """A commit that failed has changed nothing, and events that it would have replaced are found as before."""
    opened.publish({"id": "a", "n": 1}, {"id": "b", "n": 1})
    failing(monkeypatch, fail)
    with pytest.raises(duckdb.Error):
        opened.publish({"id": "a", "n": 2}, {"id": "c", "n": 1})
    assert {event["id"]: event["values"]["n"] for event in opened.read()} == {"a": 1, "b": 1}
    assert opened.publish({"id": "a", "n": 2}, {"id": "c", "n": 1}) == ["replaced", "created"]
    assert {event["id"]: event["values"]["n"] for event in opened.read()} == {"a": 2, "b": 1, "c": 1}


def test_the_file_stays_open_for_readers(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reads that begin while the file is reopened succeed."""
    opened.publish(*({"id": f"e{number}", "n": number} for number in range(100)))
    failing(monkeypatch, instead_of_the_commit, times=20)
    for number in range(20):
        with pytest.raises(duckdb.Error):
            opened.publish({"id": f"other{number}", "n": 1})
        assert len(opened.read()) == 100
