"""A queue that can be closed, with many producers and one consumer."""

from queue import SimpleQueue
from threading import Lock
from typing import Generic, TypeVar

T = TypeVar("T")


class QueueClosed(Exception):
    """The queue is closed and accepts no more items."""


class ClosableQueue(Generic[T]):
    """Return the items in order, and None after the last one."""

    def __init__(self) -> None:
        self._items: SimpleQueue[T | None] = SimpleQueue()
        self._lock = Lock()
        self._is_closed = False

    def put(self, item: T) -> None:
        """Add an item. Raises QueueClosed."""
        # Under a lock, because no thread would read an item after the end marker.
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
        """Accept no more. Closing it again does nothing."""
        with self._lock:
            if not self._is_closed:
                self._items.put(None)
            self._is_closed = True
