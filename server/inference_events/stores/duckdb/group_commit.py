"""Group commit: one thread commits all work that waits in one transaction, with one sync to disk.

Work on wide tables takes up to a second and is committed alone, see `turns`.
"""

from concurrent.futures import Future
from threading import Thread
from time import perf_counter
from typing import Any, NamedTuple, Protocol

import structlog

from inference_events.events.closable_queue import ClosableQueue, QueueClosed
from inference_events.events.observer import StoreObserver
from inference_events.events.store_errors import StoreClosed, StoreError
from inference_events.stores.duckdb.turns import take_turns

log = structlog.get_logger(__name__)

GROUP_LIMIT = 256


class Transactions(Protocol):
    """What the committer needs of an engine. All calls come from its thread."""

    def begin(self) -> None: ...

    def commit(self) -> None: ...

    def rollback(self) -> None: ...

    def apply(self, work: Any) -> Any:
        """Do a piece of work and return its result. Raises a StoreError, and has changed nothing then."""

    def after_commit(self) -> bool:
        """Do what need not be waited for, after what was committed is answered. Return whether it took time."""


class _Task(NamedTuple):
    work: Any
    done: Future[Any]


class GroupCommitter:
    """Takes work from any thread, does it in order, and completes each future after the commit.

    Work that fails with a StoreError has changed nothing and fails alone. Any other error rolls the group back,
    and each piece is then tried by itself, so that one bad piece does not fail its neighbours.
    """

    def __init__(self, engine: Transactions, observer: StoreObserver) -> None:
        self._engine = engine
        self._observer = observer
        self._queue: ClosableQueue[_Task] = ClosableQueue()
        # Taken from the queue, and not begun.
        self._waiting: list[_Task] = []
        self._thread = Thread(target=self._run, name="event-writer", daemon=True)
        self._thread.start()

    def submit(self, work: Any) -> Future[Any]:
        """Queue work. Its future is done once it is committed. Raises StoreClosed after `stop`."""
        task = _Task(work, Future())
        try:
            self._queue.put(task)
        except QueueClosed:
            raise StoreClosed from None
        return task.done

    def depth(self) -> int:
        """Return how much work waits."""
        return self._queue.depth() + len(self._waiting)

    def stop(self) -> None:
        """Finish what is queued and end the thread. Further work is refused."""
        self._queue.close()
        self._thread.join()

    def _run(self) -> None:
        stopping = False
        while not stopping or self._waiting:
            stopping = stopping or not self._take()
            self._commit_next()

    def _commit_next(self) -> None:
        light, wide, rest = take_turns(self._waiting)
        self._waiting = [*wide, *rest]
        self._commit(light)
        if self._tidy() and wide:
            # That took time: what came meanwhile may pass as well.
            return
        self._waiting = rest
        self._commit(wide)
        if not rest and self._queue.is_empty():
            self._tidy()

    def _take(self) -> bool:
        """Take the work that waits in the queue. Return whether there can be more."""
        while not self._waiting or (len(self._waiting) < GROUP_LIMIT and not self._queue.is_empty()):
            task = self._queue.get()
            if task is None:
                return False
            self._waiting.append(task)
        return True

    def _tidy(self) -> bool:
        try:
            return self._engine.after_commit()
        except Exception as error:
            # Everything is committed and answered, and more waits for this thread.
            log.error("tidying_failed", exc_info=error)
            return True

    def _commit(self, tasks: list[_Task]) -> None:
        if not tasks:
            return
        started = perf_counter()
        try:
            results = self._in_transaction(tasks)
        except Exception as error:
            if len(tasks) == 1:
                log.error("write_failed", exc_info=error)
                self._observer.observe_failure(error)
                tasks[0].done.set_exception(error)
                return
            for task in tasks:
                self._commit([task])
            return
        self._observe(tasks, results, perf_counter() - started)
        for task, result in zip(tasks, results, strict=True):
            _complete(task.done, result)

    def _observe(self, tasks: list[_Task], results: list[Any], seconds: float) -> None:
        try:
            self._observer.observe_commit([task.work for task in tasks], results, seconds)
        except Exception as error:
            # The work is committed, and more waits for this thread.
            log.error("observer_failed", exc_info=error)

    def _apply(self, work: Any) -> Any:
        try:
            return self._engine.apply(work)
        except StoreError as error:
            return error

    def _in_transaction(self, tasks: list[_Task]) -> list[Any]:
        self._engine.begin()
        try:
            results = [self._apply(task.work) for task in tasks]
            self._engine.commit()
            return results
        except BaseException:
            self._engine.rollback()
            raise


def _complete(done: Future[Any], result: Any) -> None:
    if isinstance(result, StoreError):
        done.set_exception(result)
    else:
        done.set_result(result)
