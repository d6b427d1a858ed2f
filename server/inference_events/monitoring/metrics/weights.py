"""Weights of a drift. A model with few positives may weigh each event by its predicted class.

A number in the metadata column `_weight` goes before the weight of the class.
"""

from inference_events.monitoring.metrics.catalog import BINARY, MULTICLASS
from inference_events.monitoring.metrics.figures import MetricError
from inference_events.monitoring.metrics.multiclass import are_finite, outputs, predicted
from inference_events.monitoring.metrics.sql import is_list, literal, literals, number
from inference_events.monitoring.subject import Kind, Subject

WEIGHT_COLUMN = "_weight"


def weight_columns(subject: Subject) -> tuple[str, ...]:
    """Return the columns that give an event's weight; none if all events weigh the same."""
    if not is_weighted(subject):
        return ()
    return (WEIGHT_COLUMN,) if _has_weight_column(subject) else subject.roles["outputs"]


def is_weighted(subject: Subject) -> bool:
    """Report whether a drift of this model weighs events."""
    has_weights = bool(subject.class_weights) and subject.task in (BINARY, MULTICLASS)
    return subject.is_weighted and (has_weights or _has_weight_column(subject))


def _has_weight_column(subject: Subject) -> bool:
    if WEIGHT_COLUMN not in subject.roles["metadata"] or is_list(subject, WEIGHT_COLUMN):
        return False
    return subject.kind(WEIGHT_COLUMN) is Kind.NUMBER


def weight(subject: Subject) -> str | None:
    """Return SQL for an event's weight, null if it is unknown; None if all weigh the same. Raises MetricError."""
    if not is_weighted(subject):
        return None
    if _has_weight_column(subject):
        given = number(WEIGHT_COLUMN)
        return f"CASE WHEN isfinite({given}) AND {given} >= 0 THEN {given} END"
    names, weights = subject.roles["outputs"], subject.class_weights
    classes = 2 if subject.task == BINARY else len(names)
    if not names or len(weights) != classes:
        raise MetricError(
            f"the model has {classes} classes and {len(weights)} weights; correct task_params.class_weights", "metric"
        )
    if subject.task == BINARY:
        chosen = f"CASE WHEN {number(names[0])} >= {literal(subject.threshold)} THEN 2 ELSE 1 END"
        return f"CASE WHEN isfinite({number(names[0])}) THEN [{literals(weights)}][{chosen}] END"
    return f"CASE WHEN {are_finite(subject)} THEN [{literals(weights)}][{predicted(outputs(subject))}] END"
