"""Uploads in parts: check that the parts of a completion are stored."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from inference_events.catalog import Catalog, files
from inference_events.catalog.tables import File, utc_now
from inference_events.errors import BadRequest, ErrorDetail, PayloadTooLarge
from inference_events.files.store import FileStore, StoredObject
from inference_events.files.sweep import delete_released
from inference_events_api.operations import UploadedFile

UNFINISHED_HOURS = 24


@dataclass(frozen=True)
class UploadPart:
    """A part in a completion: `pointer` is its JSON pointer in the request, `id` the SHA-256 of its content in hex."""

    pointer: str
    number: int
    id: str


class MultipartUploads:
    """Assembles files of at most `max_file_bytes` from stored parts."""

    def __init__(self, catalog: Catalog, store: FileStore, max_file_bytes: int) -> None:
        self._catalog = catalog
        self._store = store
        self._max_file_bytes = max_file_bytes

    async def keep_part(self, file_id: str, number: int, part: UploadedFile) -> None:
        """Add a part to an upload. It replaces an earlier part with its number. Raises ObjectNotFound and Conflict."""

        def put(session: Session) -> None:
            upload = files.get_unfinished(session, file_id)
            files.put_part(session, upload.id, number, StoredObject(part.key, part.size, part.sha256))

        # Checked before the part is kept, so that a part of an unknown upload is deleted at once.
        await self._catalog.aread(lambda session: files.get_unfinished(session, file_id))
        part.keep()
        await self._catalog.awrite(put)
        await self.delete_released()

    def complete(self, session: Session, file_id: str, named: Sequence[Mapping[str, Any]], token_id: str) -> File:
        """Complete an upload with the parts that a completion names.

        Raises ObjectNotFound, Conflict, BadRequest with the pointer of each part that is misnumbered, not stored or
        stored with another id, and PayloadTooLarge.
        """
        files.get_unfinished(session, file_id)
        parts = validate_part_order(named)
        _check(parts, files.parts(session, file_id), self._max_file_bytes)
        return files.complete(session, file_id, len(parts), token_id)

    async def delete_released(self) -> None:
        """Delete released objects. The purge deletes those that cannot be deleted now."""
        await asyncio.to_thread(self._delete_released)

    def _delete_released(self) -> None:
        for _ in delete_released(self._catalog, self._store):
            pass


def validate_part_order(named: Sequence[Mapping[str, Any]]) -> list[UploadPart]:
    """Return the parts that a completion names. Raises BadRequest if they are not numbered 1, 2, … each once."""
    parts = [UploadPart(f"/parts/{index}", part["number"], part["id"]) for index, part in enumerate(named)]
    faults = list(_numbering_faults(parts))
    if faults:
        raise BadRequest.with_details(*faults)
    return sorted(parts, key=lambda part: part.number)


def expire_uploads(catalog: Catalog) -> None:
    """Delete the uploads that were not completed in time, and release their parts."""
    before = utc_now() - timedelta(hours=UNFINISHED_HOURS)
    catalog.write(lambda session: files.forget_unfinished(session, before))


def _check(named: Sequence[UploadPart], stored: Mapping[int, StoredObject], limit: int) -> None:
    missing = [ErrorDetail("is not stored", part.pointer) for part in named if part.number not in stored]
    if missing:
        raise BadRequest.with_details(*missing)
    if sum(stored[part.number].size for part in named) > limit:
        raise PayloadTooLarge(f"The file is larger than the limit of {limit} bytes")
    others = [part for part in named if stored[part.number].sha256 != part.id.lower()]
    if others:
        message = "is stored with another id; send the one that its upload returned"
        raise BadRequest.with_details(*(ErrorDetail(message, part.pointer) for part in others))


def _numbering_faults(parts: Sequence[UploadPart]) -> Iterator[ErrorDetail]:
    seen: set[int] = set()
    for part in parts:
        if part.number in seen:
            yield ErrorDetail("is named twice", f"{part.pointer}/number")
        elif part.number > len(parts):
            yield ErrorDetail("leaves a gap in the numbers; they count from 1", f"{part.pointer}/number")
        seen.add(part.number)
