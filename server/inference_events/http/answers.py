"""Answers, written to the socket in one piece."""

from collections.abc import Mapping

from starlette.types import Send

JSON_TYPE = b"application/json"


async def send_json(send: Send, status: int, body: bytes, headers: Mapping[str, str] | None = None) -> None:
    """Send an encoded JSON document."""
    fields = [(b"content-type", JSON_TYPE), (b"content-length", str(len(body)).encode())]
    fields += [(name.lower().encode(), value.encode("latin-1")) for name, value in (headers or {}).items()]
    await send({"type": "http.response.start", "status": status, "headers": fields})
    await send({"type": "http.response.body", "body": body})
