"""Classification into several classes. The outputs are their probabilities, in the order of the classes.

A row is valid if all outputs are finite and its target is one of the classes.
"""

from dataclasses import dataclass

from inference_events.monitoring.metrics.binary import EPSILON
from inference_events.monitoring.metrics.classes import class_position
from inference_events.monitoring.metrics.figures import MetricQuery, Reason
from inference_events.monitoring.metrics.plain import Plain, ratio, total
from inference_events.monitoring.metrics.sql import count_if, literal, number, sum_if
from inference_events.monitoring.sql_names import value_column
from inference_events.monitoring.subject import Subject


@dataclass(frozen=True)
class Multiclass:
    """SQL over one row. `actual` and `predicted` are positions among the outputs, from 1. Ties go to the first."""

    target: str
    outputs: str
    actual: str
    valid: str

    @property
    def labelled(self) -> str:
        return count_if(f"{value_column(self.target)} IS NOT NULL")

    @property
    def used(self) -> str:
        return count_if(self.valid)

    @property
    def predicted(self) -> str:
        return predicted(self.outputs)


def outputs(subject: Subject) -> str:
    """Return SQL for the list of a row's outputs."""
    return f"[{', '.join(map(number, subject.roles['outputs']))}]"


def predicted(outputs: str) -> str:
    """Return SQL for the position of the greatest output, from 1."""
    return f"list_position({outputs}, list_max({outputs}))"


def are_finite(subject: Subject) -> str:
    """Return SQL that is true if all outputs of a row are finite."""
    return " AND ".join(f"isfinite({number(name)})" for name in subject.roles["outputs"])


def multiclass(query: MetricQuery, subject: Subject) -> Multiclass:
    """Return the SQL of the rows of a model with several classes. Raises MetricError without an order of them."""
    target = query.target or subject.target or ""
    actual = class_position(subject, target)
    return Multiclass(target, outputs(subject), actual, f"{are_finite(subject)} AND ({actual}) IS NOT NULL")


def plain(query: MetricQuery, subject: Subject) -> Plain | None:
    """Return a metric of a model with several classes, or None for another one."""
    sql = multiclass(query, subject)
    if query.metric in ("data_count", "log_loss_count"):
        return Plain(total(sql.used), (), sql.used, sql.labelled, is_count=True)
    if query.metric == "accuracy":
        correct = count_if(f"{sql.valid} AND {sql.predicted} = {sql.actual}")
        rate = ratio(correct, sql.used, Reason.NO_VALID_ROWS)
        return Plain(rate, (correct,), sql.used, sql.labelled, trials=(sql.used,))
    if query.metric == "log_loss":
        clipped = f"least(greatest({sql.outputs}[{sql.actual}], {literal(EPSILON)}), 1)"
        loss = sum_if(f"-ln({clipped})", sql.valid)
        return Plain(ratio(loss, sql.used, Reason.NO_VALID_ROWS), (loss,), sql.used, sql.labelled)
    return None
