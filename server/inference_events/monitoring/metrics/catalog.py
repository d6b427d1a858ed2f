"""The catalogue of the builtin metrics: what each is called, what it takes, and which models have it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum, StrEnum

BINARY = "binary_classification"
MULTICLASS = "multiclass_classification"
REGRESSION = "regression"
RANKING = "ranking"
# A model has it if its user uploaded feature impacts.
IMPACT = "prediction_drift_impact"


class MetricType(StrEnum):
    DRIFT = "drift"
    DATA_INTEGRITY = "data_integrity"
    PERFORMANCE = "performance"
    SERVICE_METRICS = "service_metrics"
    STATISTIC = "statistic"
    CUSTOM = "custom"

    @property
    def display_name(self) -> str:
        return TYPE_NAMES[self]


TYPE_NAMES: Mapping[MetricType, str] = {
    MetricType.DRIFT: "Data Drift",
    MetricType.DATA_INTEGRITY: "Data Integrity",
    MetricType.PERFORMANCE: "Performance",
    MetricType.SERVICE_METRICS: "Traffic",
    MetricType.STATISTIC: "Statistic",
    MetricType.CUSTOM: "Custom Metric",
}


class Takes(Enum):
    """The columns that a metric takes."""

    NOTHING = "no column"
    ANYTHING = "any column, or __ANY__"
    NUMBERS = "a column of numbers"
    CATEGORIES = "a category or boolean column"
    DISTRIBUTION = "a column of numbers, categories, booleans or vectors, or a custom feature"


@dataclass(frozen=True)
class Metric:
    """A builtin metric. `tasks` is empty if every model has it. `is_percentage`: 0 to 100, or more.

    `is_listed` is false for what only this server has: the vendor's clients do not see it in lists.
    """

    id: str
    display_name: str
    type: MetricType
    takes: Takes = Takes.NOTHING
    tasks: tuple[str, ...] = ()
    needs_category: bool = False
    minimum: float | None = None
    maximum: float | None = None
    is_percentage: bool = False
    is_count: bool = False
    is_listed: bool = True

    @property
    def needs_baseline(self) -> bool:
        return self.type is MetricType.DRIFT

    def fits(self, task: str) -> bool:
        """Report whether models of this task have the metric."""
        return not self.tasks or task in self.tasks


def _integrity(kind: str, name: str) -> list[Metric]:
    count = Metric(
        f"{kind}_violation_count",
        f"{name} Violation",
        MetricType.DATA_INTEGRITY,
        Takes.ANYTHING,
        minimum=0,
        is_count=True,
    )
    share = replace(
        count,
        id=f"{kind}_violation_percentage",
        display_name=f"% {name} Violation",
        maximum=100,
        is_percentage=True,
        is_count=False,
    )
    return [count, share]


def _performance(
    id: str, name: str, *tasks: str, minimum: float | None = 0, maximum: float | None = None, is_count: bool = False
) -> Metric:
    return Metric(id, name, MetricType.PERFORMANCE, tasks=tasks, minimum=minimum, maximum=maximum, is_count=is_count)


def _percentage(id: str, name: str) -> Metric:
    return replace(_performance(id, name, REGRESSION), is_percentage=True)


def _statistic(id: str, name: str) -> Metric:
    return Metric(id, name, MetricType.STATISTIC, Takes.NUMBERS)


_ALL = [
    Metric("traffic", "Traffic", MetricType.SERVICE_METRICS, minimum=0, is_count=True),
    Metric("jsd", "Jensen-Shannon Distance", MetricType.DRIFT, Takes.DISTRIBUTION, minimum=0, maximum=1),
    Metric("psi", "Population Stability Index", MetricType.DRIFT, Takes.DISTRIBUTION, minimum=0),
    Metric(IMPACT, "Prediction Drift Impact", MetricType.DRIFT, Takes.DISTRIBUTION, is_listed=False),
    *_integrity("null", "Missing Value"),
    *_integrity("range", "Range"),
    *_integrity("type", "Type"),
    *_integrity("any", "Any"),
    _statistic("average", "Average"),
    _statistic("sum", "Sum"),
    Metric(
        "frequency",
        "Frequency",
        MetricType.STATISTIC,
        Takes.CATEGORIES,
        needs_category=True,
        minimum=0,
        is_count=True,
    ),
    _performance("accuracy", "Accuracy", BINARY, MULTICLASS, maximum=1),
    _performance("log_loss", "Log Loss", BINARY, MULTICLASS),
    _performance("log_loss_count", "Log Loss Count", MULTICLASS, is_count=True),
    _performance("precision", "Precision", BINARY, maximum=1),
    _performance("recall", "Recall / TPR", BINARY, maximum=1),
    _performance("f1_score", "F1", BINARY, maximum=1),
    _performance("fpr", "False Positive Rate", BINARY, maximum=1),
    _performance("auc", "AUC", BINARY, maximum=1),
    _performance("auroc", "AUROC", BINARY, maximum=1),
    _performance("expected_calibration_error", "Expected Calibration Error", BINARY),
    _performance("geometric_mean", "Geometric Mean", BINARY, maximum=1),
    _performance("calibrated_threshold", "Calibrated Threshold", BINARY, minimum=None),
    _performance("data_count", "Total Count", BINARY, MULTICLASS, REGRESSION, is_count=True),
    _performance("mae", "MAE", REGRESSION),
    _performance("mse", "MSE", REGRESSION),
    _percentage("mape", "MAPE"),
    _percentage("wmape", "WMAPE"),
    _performance("r2", "R-squared", REGRESSION, minimum=None, maximum=1),
    _performance("map", "MAP", RANKING, maximum=1),
    _performance("ndcg_mean", "NDCG", RANKING, maximum=1),
    _performance("query_count", "Query Count", RANKING, is_count=True),
    replace(_performance("rmse", "RMSE", REGRESSION), is_listed=False),
    replace(_statistic("minimum", "Minimum"), is_listed=False),
    replace(_statistic("maximum", "Maximum"), is_listed=False),
    replace(_statistic("quantile", "Quantile"), is_listed=False),
]
METRICS: Mapping[str, Metric] = {metric.id: metric for metric in _ALL}
# How the vendor's analytics call spells some metrics, in its own documentation.
_ALIASES = {
    "g mean": "geometric_mean",
    "callibrated threshold": "calibrated_threshold",
    "binary cross entropy": "log_loss",
    "missing value": "null_violation_count",
}


def analytics_id(name: str) -> str:
    """Return the id of a metric by its name in the vendor's analytics call, such as "f1 score"."""
    return _ALIASES.get(name, name.replace(" ", "_"))


def metrics_of(task: str) -> list[Metric]:
    """Return the metrics of the vendor that a model of this task has."""
    return [metric for metric in METRICS.values() if metric.is_listed and metric.fits(task)]
