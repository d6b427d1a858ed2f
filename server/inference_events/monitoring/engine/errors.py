"""Why a computation ends without figures. All but the last are errors of the API and tell its user what to do."""

from inference_events.errors import BadRequest, ServiceUnavailable


class QueryTooLarge(BadRequest):
    """The figures need more memory than there is for them."""

    def __init__(self) -> None:
        super().__init__("The figures need too much memory; shorten the range, or ask for fewer columns or metrics")


class TooManyRows(BadRequest):
    """A metric that reads each event would read too many of one bin."""

    def __init__(self, rows: int, most: int) -> None:
        super().__init__(
            f"A bin has {rows:,} events. Metrics that are no sums, such as AUC and quantiles, take at most {most:,} on "
            "PostgreSQL; take smaller bins, a segment, or another metric"
        )


class QueryTimeout(ServiceUnavailable):
    """The figures take longer than they may."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        what_to_do = "shorten the range, or ask for fewer columns or metrics"
        super().__init__(f"The figures are not ready after {seconds:g} seconds; {what_to_do}", retry_after=10)


class FiguresUnfinished(ServiceUnavailable):
    """The figures take longer than they may, but the next request continues. `share` is what is done, from 0 to 1."""

    def __init__(self, seconds: float, share: float) -> None:
        self.share = share
        done = f"{int(100 * share)} % of the events behind the figures are read"
        super().__init__(f"{done} after {seconds:g} seconds; repeat the request to continue", retry_after=1)


class BaselineUnfinished(ServiceUnavailable):
    """The events of a baseline take longer to read than a request may, but the next request continues."""

    def __init__(self, seconds: float, rows: int) -> None:
        read = f"{rows:,} events of the baseline are read after {seconds:g} seconds"
        super().__init__(f"{read}; repeat the request to continue", retry_after=1)


class EngineBusy(ServiceUnavailable):
    """Others compute. None of them ended while this one waited, or its short turn was not enough."""

    def __init__(self) -> None:
        super().__init__("Other figures are being computed; try again later", retry_after=2)


class QueryCancelled(Exception):
    """Nobody waits for the figures any more."""
