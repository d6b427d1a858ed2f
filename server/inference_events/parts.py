"""Uploads in parts: from the parts on disk to the file that they make."""

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from io import BufferedReader
from pathlib import Path
from typing import Any, BinaryIO
from uuid import uuid4
from weakref import WeakValueDictionary

from sqlalchemy.orm import Session

from inference_events.catalog import Catalog, files
from inference_events.catalog.tables import utc_now
from inference_events.data_directory import DataDirectory, sync_directory
from inference_events.errors import BadRequest, Fault, PayloadTooLarge

UNFINISHED_HOURS = 24
COPY_BYTES = 1024 * 1024


@dataclass(frozen=True)
class Part:
    """A part as a completion names it: `place` is where in the request, `id` the SHA-256 of its content in hex."""

    place: str
    number: int
    id: str


@dataclass(frozen=True)
class Whole:
    """A file that was put together and synced: size in bytes, SHA-256 in hex, path relative to the data directory."""

    size: int
    sha256: str
    path: str


class MultipartUploads:
    """Keep the parts of files of at most `max_file_bytes`. A file's parts do not change while it is completed."""

    def __init__(self, catalog: Catalog, directory: DataDirectory, max_file_bytes: int) -> None:
        self._catalog = catalog
        self._directory = directory
        self._max_file_bytes = max_file_bytes
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def keep_part(self, file_id: str, number: int, path: Path) -> None:
        """Move a part from `path` to where it stays, in place of an earlier one of its number."""
        async with self._lock(file_id):
            await self._check_unfinished(file_id)
            await asyncio.to_thread(self._directory.keep_part, path, file_id, number)

    @asynccontextmanager
    async def joined(self, file_id: str, named: Sequence[Mapping[str, Any]]) -> AsyncIterator[Whole]:
        """Yield the file that the named parts make. They are removed if the block, which commits it, succeeds."""
        async with self._lock(file_id):
            await self._check_unfinished(file_id)
            parts = in_order(named)
            yield await asyncio.to_thread(join, self._directory, file_id, parts, self._max_file_bytes)
            await asyncio.to_thread(self._directory.drop_parts, file_id)

    @asynccontextmanager
    async def removal(self, file_id: str) -> AsyncIterator[None]:
        """Remove a file's content and its parts if the block, which commits the removal, succeeds."""
        async with self._lock(file_id):
            yield
            await asyncio.to_thread(self._directory.drop_upload, file_id)
            await asyncio.to_thread(self._directory.drop_parts, file_id)

    def _lock(self, file_id: str) -> asyncio.Lock:
        return self._locks.setdefault(file_id, asyncio.Lock())

    async def _check_unfinished(self, file_id: str) -> None:
        await self._catalog.aread(lambda session: files.get_unfinished(session, file_id))


def in_order(named: Sequence[Mapping[str, Any]]) -> list[Part]:
    """Return the parts that a completion names. Raises BadRequest if they are not numbered 1, 2, … each once."""
    parts = [Part(f"/parts/{place}", one["number"], one["id"]) for place, one in enumerate(named)]
    faults = list(_numbering_faults(parts))
    if faults:
        raise BadRequest.naming(*faults)
    return sorted(parts, key=lambda part: part.number)


def join(directory: DataDirectory, file_id: str, parts: Sequence[Part], limit: int) -> Whole:
    """Put the parts of an upload together, in the order given. The parts stay; a crash leaves them as they were.

    Raises BadRequest with the place of a part that is not stored or has another id, and PayloadTooLarge for more than
    `limit` bytes.
    """
    stored = directory.parts / file_id
    missing = [Fault("is not stored", part.place) for part in parts if not (stored / str(part.number)).exists()]
    if missing:
        raise BadRequest.naming(*missing)
    size = sum((stored / str(part.number)).stat().st_size for part in parts)
    if size > limit:
        raise PayloadTooLarge(f"The file is larger than the limit of {limit} bytes")
    draft = directory.incoming / f"{uuid4().hex}.whole"
    try:
        sha256 = _write(draft, stored, parts)
        return Whole(size, sha256, directory.keep_upload(draft, file_id))
    finally:
        draft.unlink(missing_ok=True)


def drop_unfinished(catalog: Catalog, directory: DataDirectory) -> None:
    """Forget uploads that were not completed in time, and remove all parts that no upload waits for."""
    before = utc_now() - timedelta(hours=UNFINISHED_HOURS)
    catalog.write(lambda session: files.forget_unfinished(session, before))

    def abandoned(session: Session) -> list[str]:
        return files.without_upload(session, [path.name for path in directory.parts.iterdir()])

    for file_id in catalog.read(abandoned):
        directory.drop_parts(file_id)


def _numbering_faults(parts: Sequence[Part]) -> Iterator[Fault]:
    seen: set[int] = set()
    for part in parts:
        if part.number in seen:
            yield Fault("is named twice", f"{part.place}/number")
        elif part.number > len(parts):
            yield Fault("leaves a gap in the numbers", f"{part.place}/number")
        seen.add(part.number)


def _write(draft: Path, stored: Path, parts: Sequence[Part]) -> str:
    whole = hashlib.sha256()
    with draft.open("xb") as target:
        for part in parts:
            with (stored / str(part.number)).open("rb") as source:
                if _copy(source, target, whole) != part.id.lower():
                    raise BadRequest.naming(Fault("is stored with another id", part.place))
        target.flush()
        os.fsync(target.fileno())
    sync_directory(draft.parent)
    return whole.hexdigest()


def _copy(source: BufferedReader, target: BinaryIO, whole: "hashlib._Hash") -> str:
    """Append a part and return its own SHA-256."""
    own = hashlib.sha256()
    buffer = memoryview(bytearray(COPY_BYTES))
    while count := source.readinto(buffer):
        piece = buffer[:count]
        own.update(piece)
        whole.update(piece)
        target.write(piece)
    return own.hexdigest()
