"""All errors that the client raises, as one tree of exceptions."""

from collections.abc import Sequence

import httpx

from ..models.error_detail import ErrorDetail
from ..models.error_envelope import ErrorEnvelope
from ..models.job import Job

# InferenceEventsError
# ├── ApiError, which has a subclass for each status of the contract
# ├── TransportError
# │   └── TransportTimeout
# ├── JobFailed
# └── JobNotFinished


class InferenceEventsError(Exception):
    """Any failure that the client raises."""


class ApiError(InferenceEventsError):
    """The server refused a request.

    `reason` is one word for programs, `message` a sentence for people, and `errors` names each fault.
    `request_id` leads to the request in the server's log. A proxy that responds instead has its own reason.
    """

    def __init__(
        self, status: int, reason: str, message: str, errors: Sequence[ErrorDetail] = (), request_id: str | None = None
    ) -> None:
        super().__init__(f"{status} {reason}: {message}")
        self.status = status
        self.reason = reason
        self.message = message
        self.errors = tuple(errors)
        self.request_id = request_id


class BadRequest(ApiError):
    """400"""


class Unauthorized(ApiError):
    """401: the token is missing, unknown, expired or revoked."""


class Forbidden(ApiError):
    """403: the token lacks a scope."""


class NotFound(ApiError):
    """404, with the reason ObjectNotFound."""


class MethodNotAllowed(ApiError):
    """405"""


class RequestTimeout(ApiError):
    """408: the request arrived too slowly."""


class Conflict(ApiError):
    """409"""


class PayloadTooLarge(ApiError):
    """413"""


class UnsupportedMediaType(ApiError):
    """415"""


class IdempotencyKeyReused(ApiError):
    """422: the key belongs to a request with another body."""


class TooManyRequests(ApiError):
    """429"""


class RequestHeadTooLarge(ApiError):
    """431"""


class InternalError(ApiError):
    """500"""


class NotSupported(ApiError):
    """501, with the reason NotImplemented."""


class ServiceUnavailable(ApiError):
    """503"""


BY_STATUS: dict[int, type[ApiError]] = {
    400: BadRequest,
    401: Unauthorized,
    403: Forbidden,
    404: NotFound,
    405: MethodNotAllowed,
    408: RequestTimeout,
    409: Conflict,
    413: PayloadTooLarge,
    415: UnsupportedMediaType,
    422: IdempotencyKeyReused,
    429: TooManyRequests,
    431: RequestHeadTooLarge,
    500: InternalError,
    501: NotSupported,
    503: ServiceUnavailable,
}


class TransportError(InferenceEventsError):
    """No response came: the server cannot be reached, or the connection broke. `__cause__` is the error of httpx."""


class TransportTimeout(TransportError):
    """No response came in time."""


class JobFailed(InferenceEventsError):
    """A job ended as FAILURE; `job` says why, and how far it had come."""

    def __init__(self, job: Job) -> None:
        super().__init__(f"{job.name}: {job.error_message}")
        self.job = job


class JobNotFinished(InferenceEventsError):
    """A job did not end in time; it continues. `job` is its last known state."""

    def __init__(self, job: Job) -> None:
        super().__init__(f"{job.name} did not end in time: {job.status}, {job.progress:g} per cent")
        self.job = job


def is_foreign(response: httpx.Response) -> bool:
    """Report whether a response is a page for people, such as a proxy's login page."""
    return bool(response.headers.get("Content-Type", "").startswith("text/html"))


def api_error(response: httpx.Response) -> ApiError:
    """Return the error of a response."""
    kind = BY_STATUS.get(response.status_code, ApiError)
    request_id = response.headers.get("X-Request-ID")
    try:
        error = ErrorEnvelope.from_dict(response.json()).error
    except (ValueError, TypeError, AttributeError, KeyError):
        message = "the response does not come from an Inference Events server"
        return kind(response.status_code, response.reason_phrase, message, request_id=request_id)
    reason = error.errors[0].reason if error.errors else response.reason_phrase
    return kind(response.status_code, reason, error.message, error.errors, request_id)


def transport_error(request: httpx.Request, error: httpx.RequestError) -> TransportError:
    """Return the error for a request without a response."""
    kind = TransportTimeout if isinstance(error, httpx.TimeoutException) else TransportError
    return kind(f"{request.method} {request.url.copy_with(query=None)}: {str(error) or type(error).__name__}")
