"""The store of uploaded files. A file is an ordered list of objects; an object never changes.

An object is durable before a row of the catalog names it. So a crash leaves at most objects that no row names, and a
sweep deletes those after a day: until then the row may still come.
"""

from collections.abc import AsyncIterable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from inference_events.errors import ServiceUnavailable
from inference_events.files.source import FileSource

RETRY_SECONDS = 5


class FileStoreError(RuntimeError):
    """Say why a file store cannot be used at all. The message shows no credentials."""


class FileStoreUnavailable(ServiceUnavailable):
    """Say that the file store did not do something now; it may later."""

    def __init__(self) -> None:
        super().__init__("The file store is not available", RETRY_SECONDS)


@dataclass(frozen=True, slots=True)
class StoredObject:
    """Name an object of a store: size in bytes, SHA-256 in hex."""

    key: str
    size: int
    sha256: str


class FileStore(Protocol):
    """Store objects under keys of its own. Any thread may use it; all but `put` block."""

    async def put(self, content: AsyncIterable[bytes | bytearray]) -> StoredObject:
        """Store content as it arrives. Return its object once it is durable.

        If `content` raises, or the process ends, there is no object. Raises OSError and FileStoreUnavailable.
        """
        ...

    def source(self, objects: Sequence[StoredObject]) -> FileSource:
        """Return how any process reads a file that is made of objects, in their order."""
        ...

    def delete(self, keys: Iterable[str]) -> list[str]:
        """Delete objects. Return the keys that have no object any more, also those that had none before."""
        ...

    def list_keys(self, older_than: datetime) -> Iterator[str]:
        """Yield the keys of the objects that were stored before a time. Raises OSError and FileStoreUnavailable."""
        ...
