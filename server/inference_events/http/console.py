"""The console: static files, read once, each served by its exact path. A missing file is a 404, never a page."""

import gzip
import hashlib
import mimetypes
from importlib.resources import files

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from inference_events.http.pages import Page

CONSOLE = "/console/"
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
)
HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    # A response of 304 is cheap, and no browser keeps a file of an earlier version.
    "Cache-Control": "no-cache",
    "Vary": "Accept-Encoding",
}
_INDEX = "index.html"
_TYPES = {".js": "text/javascript", ".css": "text/css", ".html": "text/html", ".svg": "image/svg+xml"}


def console() -> dict[str, Page]:
    """Return the pages of the console by path. Without its built files there are none."""
    folder = files("inference_events").joinpath("console")
    found = {file.name: file.read_bytes() for file in folder.iterdir() if file.is_file()} if folder.is_dir() else {}
    pages = {f"{CONSOLE}{name}": _file(name, content) for name, content in found.items() if _is_shown(name)}
    if _INDEX in found:
        pages[CONSOLE] = pages[f"{CONSOLE}{_INDEX}"]
        pages[CONSOLE[:-1]] = _redirect
    return pages


def _is_shown(name: str) -> bool:
    return name.endswith((*_TYPES, ".txt"))


def _file(name: str, content: bytes) -> Page:
    packed = gzip.compress(content, mtime=0)
    kind = _TYPES.get(name[name.rindex(".") :]) or mimetypes.guess_type(name)[0] or "text/plain"
    tags = {body: f'"{hashlib.sha256(body).hexdigest()[:32]}"' for body in (content, packed)}

    async def file(request: Request) -> Response:
        is_packed = "gzip" in request.headers.get("accept-encoding", "")
        body = packed if is_packed else content
        headers = {**HEADERS, "ETag": tags[body]}
        if request.headers.get("if-none-match") == tags[body]:
            return Response(status_code=304, headers=headers)
        if is_packed:
            headers["Content-Encoding"] = "gzip"
        return Response(body, media_type=kind, headers=headers)

    return file


async def _redirect(request: Request) -> Response:
    # Relative, because a proxy may strip a prefix of the path that the browser has.
    return RedirectResponse("console/")
