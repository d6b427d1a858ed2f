"""The classes of a model's target, as values of the target's column."""

from collections.abc import Sequence
from typing import Any

from inference_events.models.schema import category_form
from inference_events.monitoring.metrics.figures import MetricError
from inference_events.monitoring.metrics.sql import column, literal, literals
from inference_events.monitoring.subject import Kind, Subject

Class = bool | float | str


def typed(value: Any, kind: Kind) -> Class | None:
    """Return a JSON scalar as a value of a column of this kind, or None if it cannot be one."""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    if kind is Kind.STRING:
        return category_form(text) or text if isinstance(value, float) else text
    if kind is Kind.BOOLEAN:
        return {"true": True, "1": True, "false": False, "0": False}.get(category_form(text) or text)
    return _number(value) if kind is Kind.NUMBER else None


def _number(value: Any) -> float | None:
    try:
        parsed = float(value)
    except (ValueError, OverflowError):
        return None
    return parsed if parsed - parsed == 0 else None


def binary_classes(subject: Subject, target: str) -> tuple[Class, Class]:
    """Return the negative and the positive class. Raises MetricError if the model does not say which they are."""
    kind = subject.kind(target)
    known = [typed(value, kind) for value in subject.class_order or _default_classes(subject, target)]
    if len(known) == 2 and known[0] is not None and known[1] is not None and known[0] != known[1]:
        return known[0], known[1]
    raise MetricError(
        "the model does not say which class is positive; set task_params.target_class_order to [negative, positive], "
        "with values of the target's type",
        "metric",
    )


def _default_classes(subject: Subject, target: str) -> Sequence[Any]:
    kind = subject.kind(target)
    if kind is Kind.STRING or subject.columns[target].categories:
        return subject.columns[target].categories or ()
    return (0, 1)


def multiclass_classes(subject: Subject, target: str) -> list[Class | None]:
    """Return the class of each output; None for one that no target can have. Raises MetricError without an order."""
    outputs = subject.roles["outputs"]
    order = subject.class_order or subject.columns[target].categories or ()
    if outputs and len(order) == len(outputs):
        return [typed(value, subject.kind(target)) for value in order]
    raise MetricError(
        f"the model has {len(outputs)} outputs and {len(order)} classes; "
        "set task_params.target_class_order to one class for each output, in their order",
        "metric",
    )


def class_position(subject: Subject, target: str) -> str:
    """Return SQL for the position of a row's class among the outputs, from 1; null if it is none of them."""
    cases = " ".join(
        f"WHEN {literal(known)} THEN {position}"
        for position, known in enumerate(multiclass_classes(subject, target), start=1)
        if known is not None
    )
    return f"CASE {column(target)} {cases} END" if cases else "NULL::INTEGER"


def is_of(target: str, *classes: Class) -> str:
    """Return SQL that is true for rows of these classes."""
    return f"{column(target)} IN ({literals(classes)})"
