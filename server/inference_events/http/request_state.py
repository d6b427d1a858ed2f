"""State of one request that the layers of the server share."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial

from starlette.types import Scope

from inference_events.http.contract import Operation

_KEY = "inference_events.state"


@dataclass(slots=True)
class RequestState:
    """State of one request.

    `status` is 0 until the response starts, and `reason` is that of an error. Only requests that write events have
    `model_id` and `body_bytes`.
    """

    request_id: str
    operation: Operation | None = None
    token_id: str = ""
    project_ids: frozenset[str] | None = None
    is_admin: bool = False
    session_id: str = ""
    session_ends_at: datetime | None = None
    status: int = 0
    reason: str | None = None
    model_id: str = ""
    body_bytes: int = 0
    arrived_at: datetime = field(default_factory=partial(datetime.now, UTC))


def begin_request_state(scope: Scope, request_id: str) -> RequestState:
    """Attach a new state to the request."""
    state = RequestState(request_id)
    scope.setdefault("extensions", {})[_KEY] = state
    return state


def request_state(scope: Scope) -> RequestState:
    """Return the state of a request that `begin_request_state` has seen."""
    state: RequestState = scope["extensions"][_KEY]
    return state


def header(scope: Scope, name: bytes) -> str | None:
    """Return the first value of a header, whose name is in lower case."""
    for key, value in scope["headers"]:
        if key == name:
            return str(value.decode("latin-1"))
    return None
