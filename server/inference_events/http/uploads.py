"""Multipart uploads, streamed to the file store before the operation sees them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from python_multipart import MultipartParser
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import parse_options_header
from starlette.types import Scope

from inference_events.context import UploadedFile
from inference_events.errors import BadRequest, UnsupportedMediaType
from inference_events.files.store import FileStore
from inference_events.http.arrival import Arrival
from inference_events.http.bodies import content_length
from inference_events.http.forms import Form
from inference_events.http.request_state import header
from inference_events.limits import MIB, too_large

WRITE_BYTES = MIB
MAX_TEXT_LENGTH = 1024
# Space for the boundaries, headers and texts around the file.
_FRAME_BYTES = 64 * 1024


@asynccontextmanager
async def receive_form(
    scope: Scope, arrival: Arrival, form: Form, store: FileStore, limit: int
) -> AsyncIterator[dict[str, Any]]:
    """Yield the values of a form by name; its file of at most `limit` bytes is streamed into `store`.

    When the block ends, even by an error, a file that was not kept is deleted.
    Raises BadRequest, UnsupportedMediaType, PayloadTooLarge, RequestTimeout and ClientDisconnect.
    """
    boundary = _boundary(scope)
    if content_length(scope) > limit + _FRAME_BYTES:
        raise too_large(limit)
    parser = FormParser(form, boundary, limit)
    stored = await store.put(_file_content(arrival, parser))
    upload = UploadedFile(parser.filename, stored.key, stored.size, stored.sha256)
    try:
        yield parser.values | {form.file: upload}
    finally:
        if not upload.is_kept:
            await asyncio.to_thread(store.delete, [stored.key])


async def _file_content(arrival: Arrival, parser: "FormParser") -> AsyncIterator[bytearray]:
    """Yield the content of a form's file. Raises before the end if the form is not valid."""
    async for chunk in arrival.chunks():
        parser.feed(chunk)
        if len(parser.pending) >= WRITE_BYTES:
            yield parser.take()
    parser.finish()
    yield parser.take()


class FormParser:
    """Parse a multipart form, whose parts come in any order.

    `pending` collects the bytes of the file until they are taken; `values` are the other fields, once it is finished.
    """

    def __init__(self, form: Form, boundary: bytes, limit: int) -> None:
        self.form = form
        self.filename = ""
        self.pending = bytearray()
        self.values: dict[str, Any] = {}
        self._size = 0
        self._limit = limit
        self._is_complete = False
        self._headers: list[_Header] = []
        self._parts: dict[str, bytearray] = {}
        self._part = ""
        try:
            self._parser = MultipartParser(
                boundary,
                {
                    "on_part_begin": lambda: self._headers.clear(),
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

    def finish(self) -> None:
        """Check the form once the body has ended. Raises BadRequest."""
        if not self._is_complete:
            raise BadRequest("The multipart body is cut short")
        texts = {name: _text(name, data) for name, data in self._parts.items() if name != self.form.file}
        self.values = self.form.values(texts)
        if self.form.file not in self._parts:
            raise BadRequest.at(f"/{self.form.file}", "is required")

    def _on_header_name(self, data: bytes, start: int, end: int) -> None:
        self._headers[-1].name += data[start:end]

    def _on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._headers[-1].value += data[start:end]

    def _on_part(self) -> None:
        name, filename = _disposition(self._headers)
        if name != self.form.file and name not in self.form.kinds:
            known = ", ".join([self.form.file, *self.form.kinds])
            raise BadRequest(f"The form has an unknown part; known here: {known}")
        if name in self._parts:
            raise BadRequest.at(f"/{name}", "must be there once")
        if name == self.form.file:
            if not filename:
                raise BadRequest.at(f"/{name}", "must have a filename")
            self.filename = filename
        self._part = name
        self._parts[name] = bytearray()

    def _on_data(self, data: bytes, start: int, end: int) -> None:
        if self._part != self.form.file:
            self._add_text(data[start:end])
            return
        self._size += end - start
        if self._size > self._limit:
            raise too_large(self._limit)
        self.pending += memoryview(data)[start:end]

    def _add_text(self, data: bytes) -> None:
        text = self._parts[self._part]
        text += data
        if len(text) > MAX_TEXT_LENGTH:
            raise BadRequest.at(f"/{self._part}", f"must have at most {MAX_TEXT_LENGTH} bytes")

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


def _disposition(headers: list[_Header]) -> tuple[str, str]:
    """Return the name of a part and its filename, empty if it has none. Raises BadRequest."""
    dispositions = [bytes(one.value) for one in headers if one.name.lower() == b"content-disposition"]
    if len(dispositions) != 1:
        raise BadRequest("Each part must have one Content-Disposition header")
    kind, options = parse_options_header(dispositions[0])
    if kind.strip() != b"form-data":
        raise BadRequest("Each part must have the Content-Disposition form-data")
    try:
        return options.get(b"name", b"").decode(), options.get(b"filename", b"").decode()
    except UnicodeDecodeError:
        raise BadRequest("The names of a part must be UTF-8") from None


def _text(name: str, data: bytearray) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise BadRequest.at(f"/{name}", "must be UTF-8") from None
