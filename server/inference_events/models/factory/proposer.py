"""Propose the columns of a model for an uploaded file."""

import asyncio

from sqlalchemy.orm import Session

from inference_events.catalog import Catalog, files
from inference_events.errors import BadRequest
from inference_events.events.ingest.readers import FileReaders
from inference_events.events.ingest.unreadable import Unreadable
from inference_events.files.source import FileSource
from inference_events.files.store import FileStore
from inference_events_api import types as t

MAX_CARDINALITY = 1000
SAMPLE_SIZE = 10_000


class Proposer:
    """Reads files one after the other, because each takes much memory."""

    def __init__(self, catalog: Catalog, file_store: FileStore, readers: FileReaders) -> None:
        self._catalog = catalog
        self._file_store = file_store
        self._readers = readers
        self._turn = asyncio.Lock()

    async def columns(self, file_id: str, sample_size: int | None, max_cardinality: int | None) -> list[t.Column]:
        """Return columns that fit a file's first rows. Raises BadRequest if it cannot be read."""

        def find(session: Session) -> tuple[str, FileSource]:
            file = files.get_readable(session, file_id, "/file_id")
            return file.type, self._file_store.source(files.objects(session, file.id))

        type, source = await self._catalog.aread(find)

        def propose() -> list[t.Column]:
            return self._readers.propose_columns(
                source,
                type,
                sample_size=sample_size or SAMPLE_SIZE,
                max_cardinality=max_cardinality or MAX_CARDINALITY,
            )

        try:
            async with self._turn:
                return await asyncio.to_thread(propose)
        except Unreadable as error:
            raise BadRequest.at("/file_id", str(error)) from None
