"""All errors of the API, as one tree of exceptions.

`ApiError` carries what the error envelope shows. Each subclass is one documented reason with its HTTP status;
`http.errors` is the only place that turns them into responses.
"""

import errno
import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

# ApiError
# ├── BadRequest 400
# ├── Unauthorized 401
# ├── Forbidden 403
# ├── ObjectNotFound 404
# ├── MethodNotAllowed 405
# ├── RequestTimeout 408
# ├── Conflict 409
# ├── PayloadTooLarge 413
# ├── UnsupportedMediaType 415
# ├── IdempotencyKeyReused 422
# ├── TooManyRequests 429
# ├── RequestHeadTooLarge 431
# ├── InternalError 500
# ├── NotSupported 501
# └── ServiceUnavailable 503

# The vendor's client has other names for some fields; its users know only those.
CLIENT_NAMES = {"/env_name": "dataset_name"}


@dataclass(frozen=True, slots=True)
class ErrorDetail:
    """One error of a request; `pointer` is a JSON pointer into the request.

    Neither it nor the message shows a value from the request. They may show names of columns.
    """

    message: str
    pointer: str = ""
    reason: str = "BadRequest"

    def __str__(self) -> str:
        text = f"{self.pointer}: {self.message}" if self.pointer else self.message
        known_as = CLIENT_NAMES.get(self.pointer)
        return f"{text} (the vendor's client calls it {known_as})" if known_as else text


class ApiError(Exception):
    """Fails the request with `code`, `reason` and a message that shows no payload.

    `faults` become `error.errors[]`; without any, the message itself is the only entry.
    """

    code = 500
    reason = "InternalError"

    def __init__(
        self, message: str, faults: Sequence[ErrorDetail] = (), headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.faults = tuple(faults) or (ErrorDetail(message, reason=self.reason),)
        self.headers = dict(headers or {})


class BadRequest(ApiError):
    code = 400
    reason = "BadRequest"

    @classmethod
    def with_details(cls, *faults: ErrorDetail) -> "BadRequest":
        """Refuse a request because of `faults`; the message repeats the first of them."""
        return cls(f"The request is not valid: {faults[0]}", faults)

    @classmethod
    def at(cls, pointer: str, message: str) -> "BadRequest":
        """Refuse a request because of one error."""
        return cls.with_details(ErrorDetail(message, pointer))


class Unauthorized(ApiError):
    code = 401
    reason = "Unauthorized"


class Forbidden(ApiError):
    code = 403
    reason = "Forbidden"


class ObjectNotFound(ApiError):
    """A 404 with the vendor's wording: `<Resource> not found for the given identifier`."""

    code = 404
    reason = "ObjectNotFound"

    @classmethod
    def of(cls, resource: str) -> "ObjectNotFound":
        return cls(f"{resource} not found for the given identifier")


class MethodNotAllowed(ApiError):
    code = 405
    reason = "MethodNotAllowed"


class RequestTimeout(ApiError):
    code = 408
    reason = "RequestTimeout"


class Conflict(ApiError):
    code = 409
    reason = "Conflict"


class PayloadTooLarge(ApiError):
    code = 413
    reason = "PayloadTooLarge"


class UnsupportedMediaType(ApiError):
    code = 415
    reason = "UnsupportedMediaType"


class IdempotencyKeyReused(ApiError):
    code = 422
    reason = "IdempotencyKeyReused"


class TooManyRequests(ApiError):
    """A 429 with the number of seconds after which to try again."""

    code = 429
    reason = "TooManyRequests"

    def __init__(self, message: str, retry_after: int) -> None:
        super().__init__(message, headers={"Retry-After": str(retry_after)})


class RequestHeadTooLarge(ApiError):
    code = 431
    reason = "RequestHeadTooLarge"


class InternalError(ApiError):
    pass


class NotSupported(ApiError):
    """A 501 for a feature of the vendor's API that this server lacks: the vendor's client does not retry a 501."""

    code = 501
    reason = "NotImplemented"


class ServiceUnavailable(ApiError):
    """A 503 with the number of seconds after which to try again."""

    code = 503
    reason = "ServiceUnavailable"

    def __init__(self, message: str, retry_after: int = 1) -> None:
        super().__init__(message, headers={"Retry-After": str(retry_after)})


# The messages of the system, which DuckDB repeats, and of SQLite.
_FULL_DISK = (os.strerror(errno.ENOSPC), os.strerror(errno.EDQUOT), "database or disk is full")


_REFUSED_WRITE = (
    *_FULL_DISK,
    os.strerror(errno.EROFS),
    os.strerror(errno.EIO),
    "attempt to write a readonly database",
    "disk I/O error",
    "fsync failed",
)


def is_full_disk(error: BaseException) -> bool:
    """Return whether an error or one of its causes says that the disk is full."""
    return _says(error, _FULL_DISK)


def refuses_writes(error: BaseException) -> bool:
    """Return whether the error of a write or one of its causes says that the disk is full, read-only or broken."""
    return _says(error, _REFUSED_WRITE)


def _says(error: BaseException, texts: Collection[str]) -> bool:
    cause: BaseException | None = error
    while cause is not None:
        if any(text in str(cause) for text in texts):
            return True
        cause = cause.__cause__ or cause.__context__
    return False
