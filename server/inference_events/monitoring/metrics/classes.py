"""The classes of a model's target, as values of the target's column."""

from inference_events.monitoring.metrics.figures import MetricError
from inference_events.monitoring.metrics.sql import literal, literals
from inference_events.monitoring.sql_names import value_column
from inference_events.monitoring.subject import Class, Kind, Subject, class_value


def binary_classes(subject: Subject, target: str) -> tuple[Class, Class]:
    """Return the negative and the positive class. Raises MetricError if the model does not say which they are."""
    kind = subject.kind(target)
    # Without an order or categories, texts do not say which class is positive.
    by_default = [] if kind is Kind.STRING else [class_value(one, kind) for one in (0, 1)]
    known = subject.classes(target) or by_default
    if len(known) == 2 and known[0] is not None and known[1] is not None and known[0] != known[1]:
        return known[0], known[1]
    raise MetricError(
        "the model does not say which class is positive; set task_params.target_class_order to [negative, positive], "
        "with values of the target's type",
        "metric",
    )


def multiclass_classes(subject: Subject, target: str) -> list[Class | None]:
    """Return the class of each output; None for one that no target can have. Raises MetricError without an order."""
    outputs = subject.roles["outputs"]
    classes = subject.classes(target)
    if outputs and len(classes) == len(outputs):
        return classes
    raise MetricError(
        f"the model has {len(outputs)} outputs and {len(classes)} classes; "
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
    return f"CASE {value_column(target)} {cases} END" if cases else "NULL::INTEGER"


def is_of(target: str, *classes: Class) -> str:
    """Return SQL that is true for rows of these classes."""
    return f"{value_column(target)} IN ({literals(classes)})"
