"""What is kept between computations, within a number of bytes. The least recently used goes first."""

import threading
from collections import OrderedDict
from typing import Any, Protocol

from inference_events.limits import MIB

CACHE_BYTES = 256 * MIB


class Sized(Protocol):
    @property
    def nbytes(self) -> int: ...


class PartialCache:
    """Keeps values by keys. Any thread may use it."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._lock = threading.Lock()
        self._kept: OrderedDict[bytes, tuple[Any, int]] = OrderedDict()
        self._bytes = 0

    @property
    def nbytes(self) -> int:
        """The bytes of all that is kept."""
        return self._bytes

    def get(self, key: bytes) -> Any:
        """Return what is kept under a key, or None."""
        with self._lock:
            value, _ = self._kept.get(key, (None, 0))
            if value is not None:
                self._kept.move_to_end(key)
            return value

    def keep(self, key: bytes, value: Sized) -> None:
        """Keep a value instead of the one that has its key."""
        nbytes = value.nbytes
        with self._lock:
            self._bytes += nbytes - self._kept.pop(key, (None, 0))[1]
            self._kept[key] = (value, nbytes)
            while self._bytes > self._max_bytes and self._kept:
                _, (_, freed) = self._kept.popitem(last=False)
                self._bytes -= freed
