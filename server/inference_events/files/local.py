"""The file store in directories of this machine."""

import asyncio
import hashlib
import os
from collections.abc import AsyncIterable, Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

from inference_events.data_directory import sync_directory
from inference_events.files.source import FileSource, SourcePart
from inference_events.files.store import StoredObject


class LocalFileStore:
    """Stores objects as files in `directory`. They are written in `drafts`, on the same disk, and then moved."""

    def __init__(self, directory: Path, drafts: Path) -> None:
        self._directory = directory
        self._drafts = drafts

    @classmethod
    def checked(cls, directory: Path) -> "LocalFileStore":
        """Return a store with its drafts in the same directory. Raises OSError if it cannot be written to."""
        store = cls(directory, directory)
        probe = directory / f"{uuid4().hex}.part"
        probe.write_bytes(b"")
        store._keep(probe, probe.stem)
        store.delete([probe.stem])
        return store

    async def put(self, content: AsyncIterable[bytes | bytearray]) -> StoredObject:
        key = uuid4().hex
        draft = self._drafts / f"{key}.part"
        try:
            with await asyncio.to_thread(draft.open, "xb") as file:
                size, sha256 = await _write(file, content)
            await asyncio.to_thread(self._keep, draft, key)
        finally:
            await asyncio.to_thread(draft.unlink, missing_ok=True)
        return StoredObject(key, size, sha256)

    def adopt(self, file: Path) -> StoredObject:
        """Make an object of a synced file on the same disk."""
        key = uuid4().hex
        with file.open("rb") as content:
            sha256 = hashlib.file_digest(content, "sha256").hexdigest()
        size = file.stat().st_size
        self._keep(file, key)
        return StoredObject(key, size, sha256)

    def source(self, objects: Sequence[StoredObject]) -> FileSource:
        parts = (SourcePart(str(self._directory / one.key), one.size, one.sha256) for one in objects)
        return FileSource(tuple(parts))

    def delete(self, keys: Iterable[str]) -> list[str]:
        return [key for key in keys if self._is_deleted(key)]

    def list_keys(self, older_than: datetime) -> Iterator[str]:
        with os.scandir(self._directory) as entries:
            for entry in entries:
                with suppress(FileNotFoundError):
                    if entry.stat(follow_symlinks=False).st_mtime < older_than.timestamp():
                        yield entry.name

    def _keep(self, draft: Path, key: str) -> None:
        draft.replace(self._directory / key)
        sync_directory(self._directory)

    def _is_deleted(self, key: str) -> bool:
        try:
            (self._directory / key).unlink(missing_ok=True)
        except OSError:
            return False
        return True


async def _write(file: BinaryIO, content: AsyncIterable[bytes | bytearray]) -> tuple[int, str]:
    """Write content durably. Return its size in bytes and its SHA-256 in hex."""
    digest, size = hashlib.sha256(), 0

    def write(piece: bytes | bytearray) -> None:
        file.write(piece)
        digest.update(piece)

    def sync() -> None:
        file.flush()
        os.fsync(file.fileno())

    async for piece in content:
        await asyncio.to_thread(write, piece)
        size += len(piece)
    await asyncio.to_thread(sync)
    return size, digest.hexdigest()
