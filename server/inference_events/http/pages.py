"""Pages outside the contract: metrics, the spec, and Swagger UI to read it offline. `/` leads to one for its client."""

import json
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

Page = Callable[[Request], Awaitable[Response]]

_SWAGGER_UI = Path(__file__).parent / "swagger_ui"
# As the contract names the server that it came from.
_SERVER = b"\n  - url: /"
_ASSETS = ("swagger-ui.css", "swagger-ui-bundle.js", "favicon-32x32.png")
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data:; font-src 'self' data:; connect-src 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
}
_INDEX = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Inference Events API</title>
<link rel="icon" href="/docs/favicon-32x32.png">
<link rel="stylesheet" href="/docs/swagger-ui.css">
</head>
<body>
<div id="swagger-ui"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
"""
_START = 'SwaggerUIBundle({url: "/openapi.yaml", dom_id: "#swagger-ui", validatorUrl: null});\n'


class Pages:
    """Serve pages by their exact path, without a token, and pass everything else on."""

    def __init__(self, app: ASGIApp, *, pages: Mapping[str, Page]) -> None:
        self._app = app
        self._routes = {path: Route(path, page, methods=["GET"]) for path, page in pages.items()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        route = self._routes.get(scope["path"]) if scope["type"] == "http" else None
        if route is None:
            await self._app(scope, receive, send)
        else:
            await route.handle(scope, receive, send)


def docs(spec: bytes, public_url: str | None = None) -> dict[str, Page]:
    """Return the pages that show the spec, by path. The spec names `public_url` as its server, if there is one."""
    if public_url is not None:
        spec = spec.replace(_SERVER, b"\n  - url: " + json.dumps(public_url).encode(), 1)
    pages = {
        "/": _root(f"{public_url or ''}/docs"),
        "/openapi.yaml": _page(lambda: Response(spec, media_type="application/yaml")),
        "/docs": _page(lambda: HTMLResponse(_INDEX, headers=_HEADERS)),
        "/docs/start.js": _page(lambda: Response(_START, media_type="text/javascript", headers=_HEADERS)),
    }
    return pages | {f"/docs/{name}": _asset(_SWAGGER_UI / name) for name in _ASSETS}


def _root(docs_url: str) -> Page:
    async def root(request: Request) -> Response:
        # Relative, because a proxy may strip a prefix of the path that the browser has.
        is_browser = "text/html" in request.headers.get("accept", "")
        return RedirectResponse("console/" if is_browser else docs_url, headers={"Vary": "Accept"})

    return root


def _asset(path: Path) -> Page:
    return _page(lambda: FileResponse(path, headers=_HEADERS))


def _page(make: Callable[[], Response]) -> Page:
    async def page(request: Request) -> Response:
        return make()

    return page
