"""The store of uploaded files. A file is an ordered list of objects; an object never changes.

An object is durable before a row of the catalog names it. So a crash can only leave objects that no row names. A sweep
deletes those after a day: until then the row may still be committed.
"""

from collections.abc import AsyncIterable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from inference_events.errors import ServiceUnavailable
from inference_events.files.source import FileSource

RETRY_SECONDS = 5


class FileStoreError(RuntimeError):
    """A file store cannot be used at all. The message says why and shows no credentials."""


class FileStoreUnavailable(ServiceUnavailable):
    """The file store failed temporarily."""

    def __init__(self) -> None:
        super().__init__("The file store is not available; try again later", RETRY_SECONDS)


@dataclass(frozen=True, slots=True)
class StoredObject:
    """An object of a store: size in bytes, SHA-256 in hex."""

    key: str
    size: int
    sha256: str


class FileStore(Protocol):
    """Stores objects under keys that it generates. Any thread may use it; all methods except `put` block."""

    async def put(self, content: AsyncIterable[bytes | bytearray]) -> StoredObject:
        """Store content as it arrives. Return its object once it is durable.

        If `content` raises, or the process ends, there is no object. Raises OSError and FileStoreUnavailable.
        """
        ...

    def source(self, objects: Sequence[StoredObject]) -> FileSource:
        """Return the source from which any process can read the objects, in their order, as one file."""
        ...

    def delete(self, keys: Iterable[str]) -> list[str]:
        """Delete objects. Return the keys that have no object afterwards, including those that had none before."""
        ...

    def list_keys(self, older_than: datetime) -> Iterator[str]:
        """Yield the keys of the objects that were stored before a time. Raises OSError and FileStoreUnavailable."""
        ...
