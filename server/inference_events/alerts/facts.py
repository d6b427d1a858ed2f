"""What an alert rule is judged by in a bin."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from inference_events.monitoring.metrics import Figure


@dataclass(frozen=True)
class Earlier:
    """The figure of the bin that a time_period compares with."""

    start: datetime
    figure: Figure


@dataclass(frozen=True)
class Facts:
    """The figures about a column of a rule in a bin.

    `figure` is a text that says why there is none, if the metric cannot be computed. `history` has the values of bins
    before, oldest first, each with the start of its bin.
    """

    metric: str
    column: str | None
    start: datetime
    figure: Figure | str
    data_revision: str
    earlier: Earlier | None = None
    history: Sequence[tuple[datetime, float]] = ()
