"""Group commit: one thread commits all waiting commands in one transaction, with one sync to disk.

Commands on wide tables take up to a second and are committed alone; see `scheduling`.
"""

from concurrent.futures import Future
from threading import Thread
from time import perf_counter
from typing import Any, NamedTuple, Protocol

import structlog

from inference_events.events.closable_queue import ClosableQueue, QueueClosed
from inference_events.events.observer import StoreObserver
from inference_events.events.store_errors import StoreClosed, StoreError
from inference_events.stores.duckdb.scheduling import schedule

log = structlog.get_logger(__name__)

GROUP_LIMIT = 256


class CommandWriter(Protocol):
    """What the committer needs of an engine. All calls come from the committer's thread."""

    def begin(self) -> None: ...

    def commit(self) -> None: ...

    def rollback(self) -> None: ...

    def apply(self, command: Any) -> Any:
        """Execute a command and return its result. If it raises a StoreError, it has changed nothing."""

    def after_commit(self) -> bool:
        """Do maintenance that no client waits for, after the futures are done. Return whether it took time."""


class _Task(NamedTuple):
    command: Any
    done: Future[Any]


class GroupCommitter:
    """Takes commands from any thread, executes them in order, and completes each future after the commit.

    A command that raises a StoreError has changed nothing and fails alone. Any other error rolls the group back. Each
    command is then tried in a transaction of its own, so that one bad command does not fail the others.
    """

    def __init__(self, writer: CommandWriter, observer: StoreObserver) -> None:
        self._writer = writer
        self._observer = observer
        self._queue: ClosableQueue[_Task] = ClosableQueue()
        # Taken from the queue, but not started.
        self._waiting: list[_Task] = []
        self._thread = Thread(target=self._run, name="event-writer", daemon=True)
        self._thread.start()

    def submit(self, command: Any) -> Future[Any]:
        """Queue a command. Its future is done once it is committed. Raises StoreClosed after `stop`."""
        task = _Task(command, Future())
        try:
            self._queue.put(task)
        except QueueClosed:
            raise StoreClosed from None
        return task.done

    def depth(self) -> int:
        """Return how many commands wait."""
        return self._queue.depth() + len(self._waiting)

    def stop(self) -> None:
        """Finish the queued commands and end the thread. Further commands are refused."""
        self._queue.close()
        self._thread.join()

    def _run(self) -> None:
        stopping = False
        while not stopping or self._waiting:
            stopping = stopping or not self._receive()
            self._commit_next()

    def _commit_next(self) -> None:
        light, wide, rest = schedule(self._waiting)
        self._waiting = [*wide, *rest]
        self._commit(light)
        if self._tidy() and wide:
            # That took time: commands that arrived meanwhile may overtake, too.
            return
        self._waiting = rest
        self._commit(wide)
        if not rest and self._queue.is_empty():
            self._tidy()

    def _receive(self) -> bool:
        """Take the waiting commands from the queue. Return whether there can be more."""
        while not self._waiting or (len(self._waiting) < GROUP_LIMIT and not self._queue.is_empty()):
            task = self._queue.get()
            if task is None:
                return False
            self._waiting.append(task)
        return True

    def _tidy(self) -> bool:
        try:
            return self._writer.after_commit()
        except Exception as error:
            # Everything is committed and its futures are done, and more commands wait for this thread.
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
            self._observer.observe_commit([task.command for task in tasks], results, seconds)
        except Exception as error:
            # The commands are committed, and more of them wait for this thread.
            log.error("observer_failed", exc_info=error)

    def _apply(self, command: Any) -> Any:
        try:
            return self._writer.apply(command)
        except StoreError as error:
            return error

    def _in_transaction(self, tasks: list[_Task]) -> list[Any]:
        self._writer.begin()
        try:
            results = [self._apply(task.command) for task in tasks]
            self._writer.commit()
            return results
        except BaseException:
            self._writer.rollback()
            raise


def _complete(done: Future[Any], result: Any) -> None:
    if isinstance(result, StoreError):
        done.set_exception(result)
    else:
        done.set_result(result)
