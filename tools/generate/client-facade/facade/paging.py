"""The common shape of list operations, so that one function reads the pages of all of them."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol, TypeVar

from ..models.error_envelope import ErrorEnvelope
from .errors import InferenceEventsError

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

PAGE_SIZE = 200


class Items(Protocol[T_co]):
    """The items of one page, and the number of all items."""

    @property
    def items(self) -> Sequence[T_co]: ...

    @property
    def total(self) -> int: ...


class Page(Protocol[T_co]):
    """The response of a list operation."""

    @property
    def data(self) -> Items[T_co]: ...


Operation = Callable[..., ErrorEnvelope | T | None]
AsyncOperation = Callable[..., Awaitable[ErrorEnvelope | T | None]]


def success(response: ErrorEnvelope | T | None) -> T:
    """Return the response of an operation; errors were raised before it was parsed."""
    if response is None or isinstance(response, ErrorEnvelope):
        raise InferenceEventsError("The response has a status that this version of the client does not know")
    return response
