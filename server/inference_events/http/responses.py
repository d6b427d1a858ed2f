"""Write responses to the socket: documents in one piece, files in many."""

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

from starlette.requests import ClientDisconnect
from starlette.types import Receive, Send

JSON_TYPE = b"application/json"
CHUNK_BYTES = 256 * 1024


async def send_json(send: Send, status: int, body: bytes, headers: Mapping[str, str] | None = None) -> None:
    """Send an encoded JSON document."""
    fields = [(b"content-type", JSON_TYPE), (b"content-length", str(len(body)).encode())]
    fields += [(name.lower().encode(), value.encode("latin-1")) for name, value in (headers or {}).items()]
    await send({"type": "http.response.start", "status": status, "headers": fields})
    await send({"type": "http.response.body", "body": body})


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
