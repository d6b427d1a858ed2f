"""Run calls in threads: calls with the same key one after the other, others at the same time."""

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from threading import Condition
from typing import Any, TypeVar

from inference_events.events.store_errors import StoreClosed

T = TypeVar("T")


@dataclass(frozen=True)
class _Task:
    call: Callable[[], Any]
    done: Future[Any]


class KeyedExecutor:
    """Runs calls in threads, at most one for each key at a time."""

    def __init__(self, threads: int) -> None:
        self._executor = ThreadPoolExecutor(threads, "event-writer")
        self._changed = Condition()
        self._waiting: dict[str, deque[_Task]] = {}
        self._closed = False

    def submit(self, key: str, call: Callable[[], T]) -> Future[T]:
        """Run a call after all earlier calls with the same key. Raises StoreClosed."""
        task = _Task(call, Future())
        with self._changed:
            if self._closed:
                raise StoreClosed
            if key in self._waiting:
                self._waiting[key].append(task)
            else:
                self._waiting[key] = deque([task])
                self._executor.submit(self._run, key)
        return task.done

    def depth(self) -> int:
        """Return how many calls wait or run."""
        with self._changed:
            return sum(map(len, self._waiting.values()))

    def close(self) -> None:
        """Refuse further calls and finish those that were submitted."""
        with self._changed:
            self._closed = True
            self._changed.wait_for(lambda: not self._waiting)
        self._executor.shutdown()

    def _run(self, key: str) -> None:
        with self._changed:
            task = self._waiting[key][0]
        _complete(task)
        with self._changed:
            self._waiting[key].popleft()
            if self._waiting[key]:
                # At the end of the executor's queue, so that no key keeps the others waiting.
                self._executor.submit(self._run, key)
            else:
                del self._waiting[key]
                self._changed.notify_all()


def _complete(task: _Task) -> None:
    if not task.done.set_running_or_notify_cancel():
        return
    try:
        result = task.call()
    except BaseException as error:
        task.done.set_exception(error)
    else:
        task.done.set_result(result)
