"""A proxy that strips a prefix of the path, as one that serves several programs on one host."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx

_OF_CONNECTION = {"connection", "content-length", "transfer-encoding", "keep-alive", "host"}


def _handler(target: str, prefix: str) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            if not self.path.startswith(f"{prefix}/"):
                self._send(404, {}, b"outside of the prefix")
                return
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {name: value for name, value in self.headers.items() if name.lower() not in _OF_CONNECTION}
            url = f"{target}{self.path.removeprefix(prefix)}"
            with httpx.Client(headers=httpx.Headers()) as client:
                request = client.build_request(self.command, url, headers=headers, content=body)
                found = client.send(request, stream=True)
                content = b"".join(found.iter_raw())
            kept = {name: value for name, value in found.headers.items() if name not in _OF_CONNECTION}
            self._send(found.status_code, kept, content)

        do_POST = do_DELETE = do_GET

        def _send(self, status: int, headers: dict[str, str], body: bytes) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    return Handler


@contextmanager
def stripping(target: str, prefix: str) -> Iterator[str]:
    """Serve `target` below a prefix, and give the URL with the prefix."""
    proxy = ThreadingHTTPServer(("127.0.0.1", 0), _handler(target, prefix))
    proxy.daemon_threads = True
    thread = threading.Thread(target=proxy.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{proxy.server_address[1]}{prefix}"
    finally:
        proxy.shutdown()
        thread.join()
        proxy.server_close()
