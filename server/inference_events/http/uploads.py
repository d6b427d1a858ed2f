"""Multipart uploads, streamed to a file that is synced before the operation sees it."""

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

from python_multipart import MultipartParser
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import parse_options_header
from starlette.types import Receive, Scope

from inference_events.context import UploadedFile
from inference_events.data_directory import sync_directory
from inference_events.errors import BadRequest, UnsupportedMediaType
from inference_events.http.bodies import chunks, content_length
from inference_events.http.exchange import header
from inference_events.http.limits import MIB, too_large

WRITE_BYTES = MIB
LONGEST_FILENAME = 1024
# Room for the boundaries and headers around the one file.
_FRAME_BYTES = 64 * 1024


@asynccontextmanager
async def receive_upload(scope: Scope, receive: Receive, directory: Path, limit: int) -> AsyncIterator[UploadedFile]:
    """Stream the part `file` into `directory`, size in bytes at most `limit`.

    What is still there when the block ends, however it ends, is removed: who keeps the file moves it.
    Raises BadRequest, UnsupportedMediaType, PayloadTooLarge and ClientDisconnect.
    """
    boundary = _boundary(scope)
    if content_length(scope) > limit + _FRAME_BYTES:
        raise too_large(limit)
    path = directory / f"{uuid4().hex}.part"
    try:
        yield await _store(receive, boundary, path, limit)
    finally:
        await asyncio.to_thread(path.unlink, missing_ok=True)


async def _store(receive: Receive, boundary: bytes, path: Path, limit: int) -> UploadedFile:
    form = FileForm(boundary, limit)
    digest = hashlib.sha256()
    with await asyncio.to_thread(path.open, "xb") as file:

        def write(data: bytearray) -> None:
            file.write(data)
            digest.update(data)

        async for chunk in chunks(receive):
            form.feed(chunk)
            if len(form.pending) >= WRITE_BYTES:
                await asyncio.to_thread(write, form.take())
        filename = form.finish()
        await asyncio.to_thread(write, form.take())
        await asyncio.to_thread(_sync, file.fileno(), path.parent, file.flush)
    return UploadedFile(filename, path, form.size, digest.hexdigest())


def _sync(descriptor: int, directory: Path, flush: Callable[[], None]) -> None:
    flush()
    os.fsync(descriptor)
    sync_directory(directory)


class FileForm:
    """Parse a multipart form that must hold one part, named `file`, with a filename.

    `pending` collects the bytes of the file until they are taken; `size` counts them all.
    """

    def __init__(self, boundary: bytes, limit: int) -> None:
        self.pending = bytearray()
        self.size = 0
        self._limit = limit
        self._filename: str | None = None
        self._is_complete = False
        self._headers: list[_Header] = []
        try:
            self._parser = MultipartParser(
                boundary,
                {
                    "on_header_begin": lambda: self._headers.append(_Header()),
                    "on_header_field": self._on_header_name,
                    "on_header_value": self._on_header_value,
                    "on_headers_finished": self._on_part,
                    "on_part_data": self._on_data,
                    "on_end": self._on_end,
                },
            )
        except FormParserError:
            raise BadRequest("The multipart boundary is too long") from None

    def feed(self, chunk: bytes) -> None:
        """Parse the next piece of the body. Raises BadRequest and PayloadTooLarge."""
        try:
            self._parser.write(chunk)
        except FormParserError:
            raise BadRequest("The multipart body is not readable") from None

    def take(self) -> bytearray:
        """Return the bytes of the file that have arrived since the last call."""
        taken, self.pending = self.pending, bytearray()
        return taken

    def finish(self) -> str:
        """Return the name of the file once the body has ended. Raises BadRequest."""
        if not self._is_complete:
            raise BadRequest("The multipart body is cut short")
        if self._filename is None:
            raise BadRequest("The form must have a part named file")
        return self._filename

    def _on_header_name(self, data: bytes, start: int, end: int) -> None:
        self._headers[-1].name += data[start:end]

    def _on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._headers[-1].value += data[start:end]

    def _on_part(self) -> None:
        if self._filename is not None:
            raise BadRequest("The form must have one part only")
        self._filename = _filename(self._headers)

    def _on_data(self, data: bytes, start: int, end: int) -> None:
        self.size += end - start
        if self.size > self._limit:
            raise too_large(self._limit)
        self.pending += memoryview(data)[start:end]

    def _on_end(self) -> None:
        self._is_complete = True


@dataclass(slots=True)
class _Header:
    name: bytearray = field(default_factory=bytearray)
    value: bytearray = field(default_factory=bytearray)


def _boundary(scope: Scope) -> bytes:
    media_type, options = parse_options_header(header(scope, b"content-type"))
    if media_type.strip() != b"multipart/form-data":
        raise UnsupportedMediaType("The Content-Type must be multipart/form-data")
    if (header(scope, b"content-encoding") or "identity").lower() != "identity":
        raise UnsupportedMediaType("An upload must not have a Content-Encoding")
    if not options.get(b"boundary"):
        raise BadRequest("The Content-Type must name a boundary")
    return options[b"boundary"]


def _filename(headers: list[_Header]) -> str:
    dispositions = [bytes(one.value) for one in headers if one.name.lower() == b"content-disposition"]
    if len(dispositions) != 1:
        raise BadRequest("Each part must have one Content-Disposition header")
    kind, options = parse_options_header(dispositions[0])
    if kind.strip() != b"form-data" or options.get(b"name") != b"file":
        raise BadRequest("The form must have one part only, named file")
    try:
        name = options.get(b"filename", b"").decode()
    except UnicodeDecodeError:
        raise BadRequest("The filename must be UTF-8") from None
    if not 0 < len(name) <= LONGEST_FILENAME:
        raise BadRequest(f"The part named file must have a filename of at most {LONGEST_FILENAME} characters")
    return name
