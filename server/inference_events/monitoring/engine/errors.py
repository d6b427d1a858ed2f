"""Why a computation ends without figures. The first three are errors of the API and tell its user what to do."""

from inference_events.errors import BadRequest, ServiceUnavailable


class QueryTooLarge(BadRequest):
    """The figures need more memory than there is for them."""

    def __init__(self) -> None:
        super().__init__("The figures need too much memory; shorten the range, or ask for fewer columns or metrics")


class QueryTimeout(ServiceUnavailable):
    """The figures take longer than they may."""

    def __init__(self, seconds: float) -> None:
        what_to_do = "shorten the range, or ask for fewer columns or metrics"
        super().__init__(f"The figures are not ready after {seconds:g} seconds; {what_to_do}", retry_after=10)


class EngineBusy(ServiceUnavailable):
    """Others compute, and none of them ended while this one waited."""

    def __init__(self) -> None:
        super().__init__("Other figures are being computed; try again later", retry_after=2)


class QueryCancelled(Exception):
    """Nobody waits for the figures any more."""
