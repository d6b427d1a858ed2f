"""The floor of a start: import what the server cannot do without, and serve an empty application on a free port."""

import socket

import connexion
import duckdb
import pyarrow as pa
import uvicorn
from starlette.types import Receive, Scope, Send

IMPORTED = (connexion, duckdb, pa)


async def empty(scope: Scope, receive: Receive, send: Send) -> None:
    """Respond to every request with 200."""
    if scope["type"] == "lifespan":
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})
    else:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body"})


if __name__ == "__main__":
    with socket.create_server(("127.0.0.1", 0)) as listener:
        print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)  # noqa: T201
        config = uvicorn.Config(empty, loop="uvloop", http="httptools", lifespan="on", access_log=False)
        uvicorn.Server(config).run(sockets=[listener])
