"""The builtin metrics: a catalogue, and their formulas as SQL over the rows relation, by bin.

The rows relation has a row for each event: `ts` is its time, `bin` the number of its bin from 0, `violations` a list,
and the columns of the model have the names that `events.columns` gives them. A query first passes `check`;
`needs` returns the columns that its relation must have; `figures` computes.
"""

from inference_events.monitoring.metrics.catalog import METRICS, Metric, MetricType, Takes, analytics_id, metrics_of
from inference_events.monitoring.metrics.checks import check, columns_of
from inference_events.monitoring.metrics.compute import Needs, figures, needs, plain, reads_rows
from inference_events.monitoring.metrics.drift import drift_pairs, prediction_drift_impact
from inference_events.monitoring.metrics.figures import (
    ANY_COLUMN,
    BaselineRows,
    Figure,
    MetricError,
    MetricQuery,
    Reason,
)
from inference_events.monitoring.metrics.integrity import count_violations
from inference_events.monitoring.metrics.labels import Labels, label_figures
from inference_events.monitoring.metrics.parts import Rows
from inference_events.monitoring.metrics.receipt import receipt_lags

__all__ = [
    "ANY_COLUMN",
    "METRICS",
    "BaselineRows",
    "Figure",
    "Labels",
    "Metric",
    "MetricError",
    "MetricQuery",
    "MetricType",
    "Needs",
    "Reason",
    "Rows",
    "Takes",
    "analytics_id",
    "check",
    "columns_of",
    "count_violations",
    "drift_pairs",
    "figures",
    "label_figures",
    "metrics_of",
    "needs",
    "plain",
    "prediction_drift_impact",
    "reads_rows",
    "receipt_lags",
]
