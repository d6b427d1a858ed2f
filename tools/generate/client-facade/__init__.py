"""The Python client of an Inference Events server."""

from .client import AuthenticatedClient, Client
from .facade.async_client import AsyncInferenceEvents
from .facade.errors import (
    ApiError,
    BadRequest,
    Conflict,
    Forbidden,
    IdempotencyKeyReused,
    InferenceEventsError,
    InternalError,
    JobFailed,
    JobNotFinished,
    MethodNotAllowed,
    NotFound,
    NotSupported,
    PayloadTooLarge,
    RequestHeadTooLarge,
    RequestTimeout,
    ServiceUnavailable,
    TooManyRequests,
    TransportError,
    TransportTimeout,
    Unauthorized,
    UnsupportedMediaType,
)
from .facade.filters import Condition, Filter, Rule
from .facade.retries import RetryPolicy
from .facade.sync_client import InferenceEvents

__all__ = (
    "ApiError",
    "AsyncInferenceEvents",
    "AuthenticatedClient",
    "BadRequest",
    "Client",
    "Condition",
    "Conflict",
    "Filter",
    "Forbidden",
    "IdempotencyKeyReused",
    "InferenceEvents",
    "InferenceEventsError",
    "InternalError",
    "JobFailed",
    "JobNotFinished",
    "MethodNotAllowed",
    "NotFound",
    "NotSupported",
    "PayloadTooLarge",
    "RequestHeadTooLarge",
    "RequestTimeout",
    "RetryPolicy",
    "Rule",
    "ServiceUnavailable",
    "TooManyRequests",
    "TransportError",
    "TransportTimeout",
    "Unauthorized",
    "UnsupportedMediaType",
)
