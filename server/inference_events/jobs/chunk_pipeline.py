"""Chunks of a file, of which the next is read and ingested while one is committed."""

from collections.abc import Callable
from concurrent.futures import Future
from types import TracebackType

from inference_events.events.ingest.files import FileChunk
from inference_events.events.types import Statuses
from inference_events.models.registry import ATTEMPTS, SCHEMA_STALE

Begun = tuple[FileChunk, Future[Statuses]]


class ChunkPipeline:
    """Writes chunks in order, one ahead of what is committed; all are when the block is left, however it is left.

    `begin` ingests a chunk and starts to write it; `sync_schema` brings schema and store in step where they differ.
    """

    def __init__(self, begin: Callable[[FileChunk], Future[Statuses]], sync_schema: Callable[[], None]) -> None:
        self._begin = begin
        self._mend = sync_schema
        self._begun: list[Begun] = []

    def write(self, chunk: FileChunk) -> None:
        """Start to write a chunk, then wait for the one before it."""
        self._begun.append((chunk, self._begin(chunk)))
        if len(self._begun) > 1:
            self._finish_first()

    def __enter__(self) -> "ChunkPipeline":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            while self._begun and error is None:
                self._finish_first()
        finally:
            for _, written in self._begun:
                written.exception()

    def _finish_first(self) -> None:
        for _ in range(ATTEMPTS):
            try:
                self._begun[0][1].result()
                break
            except SCHEMA_STALE:
                self._restart()
        else:
            self._begun[0][1].result()
        del self._begun[0]

    def _restart(self) -> None:
        """Write once more what has begun: what follows a chunk that failed has failed, too, as out of turn."""
        for _, written in self._begun:
            written.exception()
        self._mend()
        chunks = [chunk for chunk, _ in self._begun]
        self._begun = []
        for chunk in chunks:
            self._begun.append((chunk, self._begin(chunk)))
