"""The metrics that a model has, and the columns that they take."""

from collections.abc import Iterator
from dataclasses import dataclass

from inference_events.monitoring import metrics
from inference_events.monitoring.metrics import ANY_COLUMN, METRICS, MetricType
from inference_events.monitoring.metrics.catalog import IMPACT
from inference_events.monitoring.metrics.features import features
from inference_events.monitoring.queries.known import KnownModel
from inference_events.monitoring.subject import Subject

GROUPS = {
    "inputs": "Inputs",
    "outputs": "Predictions",
    "targets": "Targets",
    "decisions": "Decisions",
    "metadata": "Metadata",
}
CUSTOM_FEATURES, OTHERS, ALL = "Custom Features", "Others", "All Columns"


@dataclass(frozen=True)
class ListedMetric:
    """A metric that a model has, and the columns that it takes."""

    id: str
    name: str
    type: MetricType
    columns: tuple[str, ...] = ()
    needs_baseline: bool = False
    needs_category: bool = False
    is_percentage: bool = False


@dataclass(frozen=True)
class ListedColumn:
    """A column or a custom feature. `data_type` is None for what is no single column."""

    id: str
    name: str
    group: str
    data_type: str | None


def listed_metrics(known: KnownModel) -> Iterator[ListedMetric]:
    """Yield the builtin metrics of the model's task, and its custom metrics. The impact of drift needs impacts."""
    impact = [METRICS[IMPACT]] if known.subject.impacts else []
    for metric in [*metrics.metrics_of(known.subject.task), *impact]:
        columns = tuple(metrics.columns_of(metric, known.subject))
        if metric.id == IMPACT:
            columns = tuple(name for name in columns if name in known.subject.impacts)
        flags = (metric.needs_baseline, metric.needs_category, metric.is_percentage)
        yield ListedMetric(metric.id, metric.display_name, metric.type, columns, *flags)
    for row in known.custom_metrics.values():
        yield ListedMetric(row.id, row.name, MetricType.CUSTOM)


def listed_columns(subject: Subject) -> Iterator[ListedColumn]:
    """Yield what metrics take: any column, each column by its role, and custom features."""
    yield ListedColumn(ANY_COLUMN, ALL, ALL, None)
    roles = {name: role for role, names in reversed(list(subject.roles.items())) for name in names}
    for name in subject.columns:
        group = GROUPS[roles[name]] if name in roles else OTHERS
        yield ListedColumn(name, name, group, subject.data_types[name])
    for name in features(subject):
        if name not in subject.columns:
            yield ListedColumn(name, name, CUSTOM_FEATURES, None)
