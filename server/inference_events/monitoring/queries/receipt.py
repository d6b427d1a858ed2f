"""Receipt lag by bin. Quantiles do not merge, so those of whole bins are kept."""

from collections.abc import Sequence
from dataclasses import dataclass

from inference_events.monitoring import metrics
from inference_events.monitoring.engine import Bins, Computation, RowsConnection, RowSelection
from inference_events.monitoring.metrics import Figure
from inference_events.monitoring.partials import figures_of_bins, with_partials
from inference_events.monitoring.partials.filling import scope_of, statement_key
from inference_events.monitoring.queries.windows import Window

RELATION = "received_rows"


@dataclass(frozen=True)
class ReceiptLag:
    """A quantile of the seconds from the events to their receipt. `level` is from 0 to 1."""

    level: float


def lags_of(computation: Computation, window: Window, bins: Bins, asked: Sequence[ReceiptLag]) -> list[list[Figure]]:
    """Return each quantile by bin. Raises TooManyRows and FiguresUnfinished."""

    def selected(bins: Bins) -> RowSelection:
        return RowSelection(window.environment_id, bins, segment=window.segment, with_received=True)

    def compute(bins: Bins) -> list[list[Figure]]:
        selection = selected(bins)
        connection = RowsConnection(computation, {RELATION: computation.rows(selection, RELATION)})
        levels = [one.level for one in asked]
        return with_partials(
            computation,
            connection,
            selection,
            metrics.Rows(RELATION, len(bins)),
            lambda connection, rows: metrics.receipt_lags(connection, rows, levels),
        )

    keys = [statement_key(scope_of(computation, selected(bins)), one) for one in asked]
    return figures_of_bins(computation, selected(bins), bins, keys, compute)
