"""Receipt lag: how long after its own time an event arrived."""

from collections.abc import Sequence

from inference_events.monitoring.metrics.connection import Connection
from inference_events.monitoring.metrics.figures import Figure, Reason, figure
from inference_events.monitoring.metrics.parts import Rows
from inference_events.monitoring.sql_names import quoted

LAG = "date_diff('microsecond', ts, received_at) / 1e6"


def receipt_lags(connection: Connection, rows: Rows, levels: Sequence[float]) -> list[list[Figure]]:
    """Return quantiles of the receipt lag in seconds, for each level one by bin.

    A lag is below 0 if the event's own time is later. The relation has the times of receipt.
    """
    found = connection.execute(
        f"SELECT bin, count(*), quantile_cont({LAG}, {[float(level) for level in levels]}) "
        f"FROM {quoted(rows.relation)} GROUP BY bin"
    ).fetchall()
    by_bin = {bin: (count, lags) for bin, count, lags in found}
    return [
        [_lag(*by_bin[bin], place) if bin in by_bin else NOTHING for bin in range(rows.bins)]
        for place in range(len(levels))
    ]


NOTHING = figure(Reason.NO_ROWS, rows=0, used=0)


def _lag(count: int, lags: Sequence[float], place: int) -> Figure:
    return figure(lags[place], rows=count, used=count)
