"""Write the chunks of a file: the next chunk is read and ingested while one is committed."""

from collections.abc import Callable
from concurrent.futures import Future
from types import TracebackType

from inference_events.events.ingest.chunks import FileChunk
from inference_events.events.types import Statuses
from inference_events.models.registry import ATTEMPTS, SCHEMA_STALE

InFlight = tuple[FileChunk, Future[Statuses]]


class ChunkPipeline:
    """Writes chunks in order, with at most two in flight. All are done when the block ends, even by an exception.

    `begin` ingests a chunk and starts to write it; `sync_schema` syncs the store's schema if it is stale.
    """

    def __init__(self, begin: Callable[[FileChunk], Future[Statuses]], sync_schema: Callable[[], None]) -> None:
        self._begin = begin
        self._sync_schema = sync_schema
        self._in_flight: list[InFlight] = []

    def write(self, chunk: FileChunk) -> None:
        """Start to write a chunk, then wait for the one before it."""
        self._in_flight.append((chunk, self._begin(chunk)))
        if len(self._in_flight) > 1:
            self._finish_first()

    def __enter__(self) -> "ChunkPipeline":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            while self._in_flight and error is None:
                self._finish_first()
        finally:
            for _, written in self._in_flight:
                written.exception()

    def _finish_first(self) -> None:
        for _ in range(ATTEMPTS):
            try:
                self._in_flight[0][1].result()
                break
            except SCHEMA_STALE:
                self._restart()
        else:
            self._in_flight[0][1].result()
        del self._in_flight[0]

    def _restart(self) -> None:
        """Write the chunks in flight again: after a failed chunk, the next one fails as out of turn."""
        for _, written in self._in_flight:
            written.exception()
        self._sync_schema()
        chunks = [chunk for chunk, _ in self._in_flight]
        self._in_flight = []
        for chunk in chunks:
            self._in_flight.append((chunk, self._begin(chunk)))
