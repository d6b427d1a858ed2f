"""A queue with an end, for one thread that reads what many threads put."""

from queue import SimpleQueue
from threading import Lock
from typing import Generic, TypeVar

T = TypeVar("T")


class QueueClosed(Exception):
    """Say that nothing is accepted after `close`."""


class ClosableQueue(Generic[T]):
    """Hand out what was put, in order, and None after the last of it."""

    def __init__(self) -> None:
        self._items: SimpleQueue[T | None] = SimpleQueue()
        self._lock = Lock()
        self._is_closed = False

    def put(self, item: T) -> None:
        """Add an item. Raises QueueClosed."""
        # Under a lock: nobody would read an item behind the end marker.
        with self._lock:
            if self._is_closed:
                raise QueueClosed
            self._items.put(item)

    def get(self) -> T | None:
        """Wait for the next item and return it, or None if the queue is closed and nothing is left."""
        return self._items.get()

    def depth(self) -> int:
        """Return how many items wait."""
        return self._items.qsize()

    def is_empty(self) -> bool:
        return self._items.empty()

    def close(self) -> None:
        """Accept no more. Closing a closed queue is no fault."""
        with self._lock:
            if not self._is_closed:
                self._items.put(None)
            self._is_closed = True
