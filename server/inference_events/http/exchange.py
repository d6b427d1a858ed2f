"""What the layers of the server learn about one request while it passes through them."""

from dataclasses import dataclass

from starlette.types import Scope

from inference_events.http.contract import Operation

_KEY = "inference_events.exchange"


@dataclass(slots=True)
class Exchange:
    """Travel with one request; `status` is 0 until the answer starts."""

    request_id: str
    operation: Operation | None = None
    token_id: str = ""
    project_ids: frozenset[str] | None = None
    status: int = 0


def begin_exchange(scope: Scope, request_id: str) -> Exchange:
    """Attach a new exchange to the request."""
    exchange = Exchange(request_id)
    scope.setdefault("extensions", {})[_KEY] = exchange
    return exchange


def exchange_of(scope: Scope) -> Exchange:
    """Return the exchange of a request that `begin_exchange` has seen."""
    exchange: Exchange = scope["extensions"][_KEY]
    return exchange


def header(scope: Scope, name: bytes) -> str | None:
    """Return the first value of a header, whose name is in lower case."""
    for key, value in scope["headers"]:
        if key == name:
            return str(value.decode("latin-1"))
    return None
