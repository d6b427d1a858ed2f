"""Check that a model can answer a query. A refusal names the argument and how to correct it."""

import math
from collections.abc import Iterable
from difflib import get_close_matches

from inference_events.messages import join_names, quote
from inference_events.monitoring.metrics import binary, multiclass, ranking, weights
from inference_events.monitoring.metrics.catalog import (
    BINARY,
    METRICS,
    MULTICLASS,
    RANKING,
    REGRESSION,
    Metric,
    MetricType,
    Takes,
    metrics_of,
)
from inference_events.monitoring.metrics.features import Feature, features
from inference_events.monitoring.metrics.figures import ANY_COLUMN, MetricError, MetricQuery
from inference_events.monitoring.metrics.sql import is_list, is_numeric
from inference_events.monitoring.subject import Kind, Subject, class_value

CATEGORIES = ("category", "bool")
KINDS_OF_TARGET = {REGRESSION: (Kind.NUMBER,), RANKING: (Kind.NUMBER, Kind.BOOLEAN, Kind.STRING)}
CLASSES = (Kind.NUMBER, Kind.BOOLEAN, Kind.STRING)


def check(query: MetricQuery, subject: Subject) -> Metric:
    """Return the metric of a query that the model can answer. Raises MetricError."""
    metric = find(query.metric, subject.task)
    _check_column(metric, query, subject)
    _check_category(metric, query, subject)
    _check_baseline(metric, query, subject)
    _check_numbers(query)
    if metric.type is MetricType.PERFORMANCE:
        _check_target(metric, query, subject)
        _check_outputs(subject)
        _check_task(query, subject)
    return metric


def find(id: str, task: str) -> Metric:
    """Return a metric by its id. Raises MetricError if it is unknown, or if models of the task lack it."""
    known = ", ".join(metric.id for metric in metrics_of(task))
    metric = METRICS.get(id)
    if metric is None:
        raise MetricError(f"unknown metric{_similar(id, METRICS)}; the metrics of this model are {known}", "metric")
    if not metric.fits(task):
        raise MetricError(
            f"a model of the task {task} has no {metric.id}; the metrics of this model are {known}", "metric"
        )
    return metric


def columns_of(metric: Metric, subject: Subject) -> list[str]:
    """Return the columns that a metric takes, custom features and ANY_COLUMN among them."""
    if metric.takes is Takes.NOTHING:
        return []
    more = [ANY_COLUMN] if metric.takes is Takes.ANYTHING else []
    custom = [name for name in features(subject) if name not in subject.columns]
    more += custom if metric.takes is Takes.DISTRIBUTION else []
    return [*(name for name in subject.columns if _takes(metric, name, subject)), *more]


def _similar(name: str, known: Iterable[str]) -> str:
    close = get_close_matches(name, list(known), 1)
    return f", did you mean {quote(close[0])}?" if close else ""


def _check_column(metric: Metric, query: MetricQuery, subject: Subject) -> None:
    if metric.takes is Takes.NOTHING:
        if query.column is not None:
            raise MetricError(f"{metric.id} takes no column; remove it", "column")
        return
    if query.column is None:
        if metric.takes is not Takes.ANYTHING:
            raise MetricError(f"{metric.id} needs {metric.takes.value}", "column")
        return
    if metric.takes is Takes.ANYTHING and query.column == ANY_COLUMN:
        return
    known = features(subject) if metric.takes is Takes.DISTRIBUTION else {}
    if query.column not in subject.columns and query.column not in known:
        raise MetricError(f"the model has no such column{_similar(query.column, subject.columns)}", "column")
    if not _takes(metric, query.column, subject):
        raise MetricError(f"{metric.id} needs {metric.takes.value}, and {quote(query.column)} is none", "column")


def _takes(metric: Metric, name: str, subject: Subject) -> bool:
    if name not in subject.columns or metric.takes is Takes.ANYTHING:
        return True
    data_type = subject.data_types[name]
    if metric.takes is Takes.NUMBERS:
        return is_numeric(subject, name)
    if metric.takes is Takes.CATEGORIES:
        return data_type in CATEGORIES
    return data_type in CATEGORIES or is_numeric(subject, name) or subject.kind(name) is Kind.VECTOR


def _check_category(metric: Metric, query: MetricQuery, subject: Subject) -> None:
    if not metric.needs_category:
        if query.category is not None:
            raise MetricError(f"{metric.id} takes no category; remove it", "category")
        return
    if query.category is None:
        raise MetricError(f"{metric.id} needs a category: the value to count", "category")
    kind = subject.kind(query.column or "")
    if class_value(query.category, kind) is None:
        raise MetricError(f"the values of {quote(query.column or '')} are of the kind {kind.value}", "category")


def _check_baseline(metric: Metric, query: MetricQuery, subject: Subject) -> None:
    if not metric.needs_baseline:
        for argument in ("baseline", "component"):
            if getattr(query, argument) is not None:
                raise MetricError(f"{metric.id} takes no {argument}; remove it", argument)
        return
    if query.baseline is None:
        raise MetricError(f"{metric.id} needs a baseline; {_baselines(subject)}", "baseline")
    if query.baseline not in subject.baselines:
        raise MetricError(f"the model has no such baseline; {_baselines(subject)}", "baseline")
    if query.component is not None:
        _check_component(query.component, query.column or "", subject)
    weights.weight(subject)


def _baselines(subject: Subject) -> str:
    return f"its baselines are {join_names(sorted(subject.baselines))}" if subject.baselines else "create one first"


def _check_component(component: int, name: str, subject: Subject) -> None:
    feature = Feature(name, embedding=name) if name in subject.columns else features(subject)[name]
    column = None if feature.embedding is None else subject.columns[feature.embedding]
    if column is not None and not column.is_vector:
        raise MetricError(f"{quote(name)} has no components; remove it", "component")
    count = len(feature.columns) if column is None else column.n_dimensions
    if component < 0 or (count is not None and component >= count):
        raise MetricError("the components are numbered from 0" + (f" to {count - 1}" if count else ""), "component")


def _check_numbers(query: MetricQuery) -> None:
    if query.threshold is not None and not math.isfinite(query.threshold):
        raise MetricError("the threshold is a finite number", "threshold")
    if query.top_k is not None and query.top_k < 1:
        raise MetricError("top_k is 1 or more", "top_k")
    if query.level is not None and not 0 <= query.level <= 1:
        raise MetricError("the level of a quantile is from 0 to 1", "level")


def _check_target(metric: Metric, query: MetricQuery, subject: Subject) -> None:
    target = subject.target if query.target is None else query.target
    if target is None:
        raise MetricError(f"{metric.id} needs a target; declare one in spec.targets", "metric")
    if target not in subject.columns:
        raise MetricError(f"the model has no such column{_similar(target, subject.columns)}", "target")
    kinds = KINDS_OF_TARGET.get(subject.task, CLASSES)
    if subject.kind(target) not in kinds or is_list(subject, target) != (subject.task == RANKING):
        wanted = " or ".join(kind.value for kind in kinds)
        raise MetricError(f"{metric.id} needs a target of the kind {wanted}, and {quote(target)} is none", "target")


def _check_outputs(subject: Subject) -> None:
    outputs = subject.roles["outputs"]
    if not outputs:
        raise MetricError("the model has no output; declare one in spec.outputs", "metric")
    for name in outputs if subject.task == MULTICLASS else outputs[:1]:
        if subject.kind(name) is not Kind.NUMBER or is_list(subject, name) != (subject.task == RANKING):
            raise MetricError(f"the output {quote(name)} is no number, so the metric cannot use it", "metric")


def _check_task(query: MetricQuery, subject: Subject) -> None:
    """Build the SQL of a row: that of classes needs their order."""
    target = query.target or subject.target or ""
    if subject.task == BINARY:
        binary.binary(query, subject)
    elif subject.task == MULTICLASS:
        multiclass.multiclass(query, subject)
    elif subject.task == RANKING:
        ranking.relevance(subject, target, "target")
        if query.metric == "map" and ranking.most_relevant(subject, target) is None:
            raise MetricError(
                "map needs a target of two classes: a boolean, or a category with two values; use ndcg_mean instead",
                "metric",
            )
