"""The values of one row that performance metrics compare: its label, and what the model said.

A row is valid if its target is one of the classes, or a number for a regression, and no output that the metric needs is
null. All values are null in other rows, so that no metric counts them.
"""

from typing import NoReturn

from inference_events.monitoring.fql.context import Context
from inference_events.monitoring.fql.errors import FqlError, shown
from inference_events.monitoring.fql.ir import Apply, ColumnValue, Literal, Node, Type, boolean, number
from inference_events.monitoring.fql.syntax import Call, Constant, Number, Text
from inference_events.monitoring.fql.syntax import Node as Tree
from inference_events.monitoring.subject import Class, Kind, class_value


def row_values(
    call: Call, context: Context, *, target: str, threshold: float | None, positive: Tree | None
) -> dict[str, Node]:
    """Return the names that the formulas of the model's task use. Raises FqlError."""
    if context.subject.task == "ranking":
        for name in (target, *context.subject.roles["outputs"]):
            context.column(name)
        return {}
    label = context.column(target)
    outputs = _outputs(call, context)
    match context.subject.task:
        case "binary_classification":
            return _binary(call, context, label, outputs, threshold)
        case "multiclass_classification":
            return _multiclass(call, context, label, outputs, positive)
    return _regression(call, label, outputs)


def _outputs(call: Call, context: Context) -> list[ColumnValue]:
    """Return the outputs that the task uses: one for each of several classes, else the first."""
    names = context.subject.roles["outputs"]
    if not names:
        _refuse(call, "the model has no output")
    is_multiclass = context.subject.task == "multiclass_classification"
    outputs = [context.column(name) for name in (names if is_multiclass else names[:1])]
    for output in outputs:
        if output.type is not Type.NUMBER:
            _refuse(call, f"output {shown(output.name)} is a {output.type.value}")
    return outputs


def _binary(
    call: Call, context: Context, label: ColumnValue, outputs: list[ColumnValue], threshold: float | None
) -> dict[str, Node]:
    negative, positive = (boolean("==", label, one) for one in _two_classes(call, context, label))
    valid = boolean("and", boolean("is_not_null", outputs[0]), boolean("or", negative, positive))
    least = context.subject.threshold if threshold is None else threshold
    return {
        "positive": _if_valid(valid, positive),
        "predicted": _if_valid(valid, boolean(">=", outputs[0], Literal(Type.NUMBER, least))),
        "score": _if_valid(valid, outputs[0]),
    }


def _multiclass(
    call: Call, context: Context, label: ColumnValue, outputs: list[ColumnValue], positive: Tree | None
) -> dict[str, Node]:
    classes = _classes(context, label)
    if len(classes) != len(outputs):
        _refuse(call, f"each class needs an output; classes: {len(classes)}, outputs: {len(outputs)}")
    place = number("position", Apply("list", Type.LIST, tuple(classes)), label)
    scores = Apply("list", Type.LIST, tuple(outputs))
    complete = (boolean("is_not_null", output) for output in outputs)
    # A class that no target can have is null in the list, and a null target would be in its place.
    valid = boolean("and", boolean("==", label, label), boolean("is_not_null", place), *complete)
    values: dict[str, Node] = {
        "target": _if_valid(valid, place),
        "largest": _if_valid(valid, number("largest", scores)),
        "score": _if_valid(valid, number("element", scores, place)),
    }
    if call.function in ("tp", "fp", "tn", "fn"):
        one = Literal(Type.NUMBER, _class_place(call, classes, context.subject.kind(label.name), positive))
        values["positive"] = boolean("==", values["target"], one)
        values["predicted"] = boolean("==", values["largest"], one)
    return values


def _regression(call: Call, label: ColumnValue, outputs: list[ColumnValue]) -> dict[str, Node]:
    if label.type is not Type.NUMBER:
        _refuse(call, f"target {shown(label.name)} is a {label.type.value}")
    valid = boolean("and", boolean("is_not_null", label), boolean("is_not_null", outputs[0]))
    return {"target": _if_valid(valid, label), "output": _if_valid(valid, outputs[0])}


def _if_valid(valid: Node, value: Node) -> Node:
    return Apply("if", value.type, (valid, value, Literal(value.type, None)))


def _two_classes(call: Call, context: Context, label: ColumnValue) -> list[Literal]:
    classes = _classes(context, label)
    if not classes and label.type is Type.STRING:
        _refuse(call, "the model has no target_class_order")
    classes = classes or _literals(label, [class_value(value, context.subject.kind(label.name)) for value in (0, 1)])
    if len(classes) != 2:
        _refuse(call, f"target_class_order has {len(classes)} classes, and this task needs 2")
    if None in (one.value for one in classes) or classes[0] == classes[1]:
        _refuse(call, f"target {shown(label.name)} is a {label.type.value}, unlike the classes of target_class_order")
    return classes


def _classes(context: Context, label: ColumnValue) -> list[Literal]:
    """Return the classes as values of the target, null for one that it cannot have."""
    return _literals(label, context.subject.classes(label.name))


def _literals(label: ColumnValue, values: list[Class | None]) -> list[Literal]:
    return [Literal(label.type, value) for value in values]


def _class_place(call: Call, classes: list[Literal], kind: Kind, positive: Tree | None) -> float:
    if positive is None:
        raise FqlError(
            f"{call.function}() of a model with several classes needs a class", call.position, hint="write class='...'"
        )
    if not isinstance(positive, Text | Number | Constant):
        raise FqlError("class= takes a class of the model", positive.position)
    value = class_value(positive.value, kind)
    for place, one in enumerate(classes, start=1):
        if value is not None and one.value == value:
            return place
    raise FqlError("class= is no class of the model", positive.position)


def _refuse(call: Call, reason: str) -> NoReturn:
    raise FqlError(f"{call.function}() cannot be computed: {reason}", call.position)
