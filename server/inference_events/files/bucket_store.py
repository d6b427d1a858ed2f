"""The file store in a bucket, which several servers share."""

import asyncio
import hashlib
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator, Sequence
from datetime import datetime
from uuid import uuid4

from inference_events.files.bucket import PART_BYTES, Bucket, BucketUnavailable
from inference_events.files.source import FileSource, SourcePart
from inference_events.files.store import FileStoreError, StoredObject

ABORT_SECONDS = 10


class BucketFileStore:
    """Stores objects in the bucket at `url`. Raises FileStoreError if it cannot be written, read and deleted from."""

    def __init__(self, url: str) -> None:
        self._url = url
        try:
            # A start that fails has one message, so what the probe finds is not logged as well.
            _probe(Bucket(url, logs=False))
            self._bucket = Bucket(url)
        except FileNotFoundError:
            raise FileStoreError(f"The file store {url} cannot be used: the bucket does not exist") from None
        except BucketUnavailable as error:
            raise FileStoreError(f"The file store {url} cannot be used: {error.why}") from None

    async def put(self, content: AsyncIterable[bytes | bytearray]) -> StoredObject:
        key, hashed = uuid4().hex, _Hashed(content)
        pieces = aiter(hashed)
        start = await _read_at_least(pieces, PART_BYTES)
        if hashed.has_ended:
            await self._put(key, b"".join(start))
        else:
            await self._put_stream(key, start, pieces)
        return StoredObject(key, hashed.size, hashed.digest.hexdigest())

    def source(self, objects: Sequence[StoredObject]) -> FileSource:
        return FileSource(tuple(SourcePart(one.key, one.size, one.sha256) for one in objects), self._url)

    def delete(self, keys: Iterable[str]) -> list[str]:
        wanted = list(keys)
        try:
            self._bucket.delete(wanted)
        except FileNotFoundError:
            return [key for key in wanted if self._is_deleted(key)]
        except BucketUnavailable:
            return []
        return wanted

    def list_keys(self, older_than: datetime) -> Iterator[str]:
        return (key for key, stored_at in self._bucket.list_keys() if stored_at < older_than)

    def _is_deleted(self, key: str) -> bool:
        try:
            self._bucket.delete([key])
        except FileNotFoundError:
            return True
        except BucketUnavailable:
            return False
        return True

    async def _put(self, key: str, content: bytes) -> None:
        try:
            await asyncio.to_thread(self._bucket.put, key, content)
        except FileNotFoundError:
            raise BucketUnavailable("the bucket does not exist") from None

    async def _put_stream(
        self, key: str, start: Iterable[bytes | bytearray], rest: AsyncIterator[bytes | bytearray]
    ) -> None:
        """Send content in a separate task, which can remove the sent content if this task is cancelled."""
        pipe = _Pipe()
        sending = asyncio.ensure_future(self._bucket.put_stream(key, pipe.pieces()))
        try:
            for piece in start:
                await pipe.send(piece, sending)
            async for piece in rest:
                await pipe.send(piece, sending)
            await pipe.send(None, sending)
        except BaseException:
            pipe.abort()
            await asyncio.wait({sending}, timeout=ABORT_SECONDS)
            if sending.done() and not sending.cancelled():
                sending.exception()
            raise
        try:
            await sending
        except FileNotFoundError:
            raise BucketUnavailable("the bucket or the unfinished object does not exist") from None


class _Hashed:
    """Counts and hashes the content that passes through."""

    def __init__(self, content: AsyncIterable[bytes | bytearray]) -> None:
        self._content = content
        self.digest = hashlib.sha256()
        self.size = 0
        self.has_ended = False

    async def __aiter__(self) -> AsyncIterator[bytes | bytearray]:
        async for piece in self._content:
            await asyncio.to_thread(self.digest.update, piece)
            self.size += len(piece)
            if piece:
                yield piece
        self.has_ended = True


async def _read_at_least(pieces: AsyncIterator[bytes | bytearray], count: int) -> list[bytes | bytearray]:
    """Read pieces until they have more than `count` bytes together or end."""
    taken: list[bytes | bytearray] = []
    while sum(map(len, taken)) <= count and (piece := await anext(pieces, None)) is not None:
        taken.append(piece)
    return taken


class _Aborted(Exception):
    """Ends the sending of incomplete content."""


class _Pipe:
    """Hands pieces from the receiving task to the sending task, one at a time; None ends them."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[bytes | bytearray | None] = asyncio.Queue(1)
        self._aborted = asyncio.Event()

    async def send(self, piece: bytes | bytearray | None, sending: "asyncio.Future[None]") -> None:
        """Wait until the piece can be sent. Raises the error of `sending` if it failed."""
        putting = asyncio.ensure_future(self._queue.put(piece))
        try:
            await asyncio.wait({putting, sending}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            putting.cancel()
        if sending.done():
            await sending

    def abort(self) -> None:
        """Let the pieces end with an error."""
        self._aborted.set()
        while not self._queue.empty():
            self._queue.get_nowait()
        self._queue.put_nowait(None)

    async def pieces(self) -> AsyncIterator[bytes | bytearray]:
        while (piece := await self._queue.get()) is not None:
            yield piece
        if self._aborted.is_set():
            raise _Aborted


def _probe(bucket: Bucket) -> None:
    key, content = f"probe-{uuid4().hex}", b"probe"
    bucket.put(key, content)
    if bytes(bucket.read(key, 0, len(content))) != content:
        raise BucketUnavailable("it does not return what was written")
    bucket.delete([key])
