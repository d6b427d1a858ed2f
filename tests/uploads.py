"""Store uploads in a file store, read them, and find them on the disk."""

import asyncio
import hashlib
import sqlite3
from collections.abc import AsyncIterator, Iterable
from contextlib import closing
from pathlib import Path

from inference_events.context import UploadedFile
from inference_events.files.source import FileSource, SourcePart
from inference_events.files.store import FileStore, StoredObject


async def pieces(*content: bytes) -> AsyncIterator[bytes]:
    """Yield content in pieces, as it arrives from a client."""
    for piece in content:
        yield piece


def put(store: FileStore, *content: bytes) -> StoredObject:
    """Store an object that arrives in pieces."""
    return asyncio.run(store.put(pieces(*content)))


def uploaded(store: FileStore, filename: str, content: bytes) -> UploadedFile:
    """Store content as the upload of a request."""
    stored = put(store, content)
    return UploadedFile(filename, stored.key, stored.size, stored.sha256)


def source_of(*paths: Path) -> FileSource:
    """Return the source of a file whose parts are in files of the test."""
    return FileSource(tuple(_part(path) for path in paths))


def object_paths(data_dir: Path, file_id: str) -> list[Path]:
    """Return the paths of a file's parts in a data directory, in order."""
    with closing(sqlite3.connect(f"file:{data_dir / 'catalog.sqlite'}?mode=ro", uri=True)) as catalog:
        rows = catalog.execute("SELECT key FROM file_parts WHERE file_id = ? ORDER BY number", [file_id])
        return [data_dir / "files" / key for (key,) in rows]


def names(paths: Iterable[Path]) -> set[str]:
    return {path.name for path in paths}


def _part(path: Path) -> SourcePart:
    content = path.read_bytes()
    return SourcePart(str(path), len(content), hashlib.sha256(content).hexdigest())
