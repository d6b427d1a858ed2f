"""Metrics that no request can show: waiting work, writes that are rolled back, faults."""

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from inference_events.catalog import Catalog, jobs
from inference_events.catalog.database import sqlite_url
from inference_events.events.observer import StoreObserver
from inference_events.stores.duckdb import DuckDBEventStore
from inference_events.stores.duckdb.group_commit import GroupCommitter
from tests.stores.opened import Opened


class SlowEngine:
    """Begin when it may, and do nothing."""

    def __init__(self) -> None:
        self.is_reached = threading.Event()
        self.may_begin = threading.Event()

    def begin(self) -> None:
        self.is_reached.set()
        assert self.may_begin.wait(10)

    def commit(self) -> None:
        pass

    def rollback(self) -> None:
        pass

    def apply(self, work: Any) -> Any:
        return work

    def after_commit(self) -> bool:
        return False


class FailingObserver(StoreObserver):
    """Fail to count."""

    def observe_commit(self, work: Sequence[Any], results: Sequence[Any], seconds: float) -> None:
        raise ArithmeticError


def test_a_queue_is_as_deep_as_the_work_that_waits() -> None:
    """Work counts until its turn comes."""
    engine = SlowEngine()
    committer = GroupCommitter(engine, StoreObserver())
    committer.submit("first")
    assert engine.is_reached.wait(10)
    waiting = [committer.submit(number) for number in range(3)]
    assert committer.depth() == 3
    engine.may_begin.set()
    assert [done.result(10) for done in waiting] == [0, 1, 2]
    assert committer.depth() == 0
    committer.stop()


def test_a_failure_to_count_fails_no_write(tmp_path: Path) -> None:
    """Committed writes are acknowledged, and the store continues, even if the observer has a fault."""
    opened = Opened(lambda path: DuckDBEventStore(path / "events.duckdb", observer=FailingObserver()), tmp_path)
    assert opened.publish({"id": "a", "n": 1}) == ["created"]
    assert opened.publish({"id": "a", "n": 1}) == ["unchanged"]
    opened.store.close()


def test_jobs_that_a_deletion_ends_are_counted(tmp_path: Path) -> None:
    """A job counts when its end is on disk: also one that never ran, and none if the deletion is rolled back."""
    catalog = Catalog(sqlite_url(tmp_path / "catalog.sqlite"))
    counted: list[tuple[str, str]] = []
    catalog.after_commit(lambda session: counted.extend(jobs.ended(session)))

    def fail(session: Session) -> None:
        jobs.end_of_model(session, "m", "The model was deleted")
        raise ArithmeticError

    for _ in range(2):
        catalog.write(
            lambda session: jobs.create(
                session,
                kind="publish_file",
                name="Publish",
                params={},
                info={},
                project_id="p",
                model_id="m",
                token_id="t",
                epoch=1,
            )
        )
    assert catalog.read(jobs.unfinished_by_kind) == {("publish_file", "PENDING"): 2}
    with pytest.raises(ArithmeticError):
        catalog.write(fail)
    assert counted == []
    catalog.write(lambda session: jobs.end_of_model(session, "m", "The model was deleted"))
    catalog.write(lambda session: jobs.end_of_model(session, "m", "The model was deleted"))
    assert counted == [("publish_file", "FAILURE")] * 2
    assert catalog.read(jobs.unfinished_by_kind) == {}
    catalog.close()
