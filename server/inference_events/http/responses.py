"""Write responses to the socket: documents in one piece, files in many."""

import asyncio
import hashlib
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

from starlette.requests import ClientDisconnect
from starlette.types import Receive, Send

JSON_TYPE = b"application/json"
CHUNK_BYTES = 256 * 1024
NOT_MODIFIED = 304
_ETAG = re.compile(r'"[^"]*"')


async def send_json(send: Send, status: int, body: bytes, headers: Mapping[str, str] | None = None) -> None:
    """Send an encoded JSON document."""
    fields = [(b"content-type", JSON_TYPE), (b"content-length", str(len(body)).encode())]
    fields += [(name.lower().encode(), value.encode("latin-1")) for name, value in (headers or {}).items()]
    await send({"type": "http.response.start", "status": status, "headers": fields})
    await send({"type": "http.response.body", "body": body})


async def send_tagged(send: Send, status: int, body: bytes, known: str | None) -> None:
    """Send an encoded JSON document with its ETag, or only a 304 if `known`, an If-None-Match header, names it."""
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    if known is not None and (known.strip() == "*" or etag in _ETAG.findall(known)):
        await send({"type": "http.response.start", "status": NOT_MODIFIED, "headers": [(b"etag", etag.encode())]})
        await send({"type": "http.response.body", "body": b""})
    else:
        await send_json(send, status, body, {"ETag": etag})


async def send_file(receive: Receive, send: Send, status: int, path: Path, filename: str, media_type: str) -> None:
    """Send a file and remove it. Raises ClientDisconnect if the client disconnects before the end.

    The file is unlinked before the first byte is sent, so no failure leaves it on the disk.
    """
    file, size = await asyncio.to_thread(_take, path)
    gone = asyncio.ensure_future(wait_for_departure(receive))
    try:
        charset = "; charset=utf-8" if media_type.startswith("text/") else ""
        headers = {
            "content-type": media_type + charset,
            "content-length": str(size),
            "content-disposition": f'attachment; filename="{filename}"',
        }
        fields = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": status, "headers": fields})
        while chunk := await asyncio.to_thread(file.read, CHUNK_BYTES):
            if gone.done():
                raise ClientDisconnect
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b""})
    finally:
        gone.cancel()
        # In a thread, because the disk takes a while to free the space of a large file.
        await asyncio.to_thread(file.close)


def _take(path: Path) -> tuple[BinaryIO, int]:
    file = path.open("rb")
    path.unlink()
    return file, os.fstat(file.fileno()).st_size


async def wait_for_departure(receive: Receive) -> None:
    """Wait until the client closes the connection. The body must have been received."""
    while (await receive())["type"] != "http.disconnect":
        pass
