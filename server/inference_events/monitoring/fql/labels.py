"""The values of one row that performance metrics compare: its label, and what the model said.

A row is valid if its target is one of the classes, or a number for a regression, and no output that the metric needs is
null. All values are null in other rows, so that no metric counts them.
"""

from typing import NoReturn

from inference_events.models.schema import category_form
from inference_events.monitoring.fql.context import Context
from inference_events.monitoring.fql.errors import FqlError, shown
from inference_events.monitoring.fql.ir import Apply, ColumnValue, Literal, Node, Type, boolean, number
from inference_events.monitoring.fql.syntax import Call, Constant, Number, Text
from inference_events.monitoring.fql.syntax import Node as Tree


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
    outputs = [context.column(name) for name in context.subject.roles["outputs"]]
    if not outputs:
        _refuse(call, "the model has no output")
    for output in outputs:
        if output.type is not Type.NUMBER:
            _refuse(call, f"output {shown(output.name)} is a {output.type.value}")
    if context.subject.task != "multiclass_classification" and len(outputs) > 1:
        _refuse(call, f"the model has {len(outputs)} outputs, and this task needs one")
    return outputs


def _binary(
    call: Call, context: Context, label: ColumnValue, outputs: list[ColumnValue], threshold: float | None
) -> dict[str, Node]:
    negative, positive = (boolean("==", label, one) for one in _classes(call, context, label))
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
    classes = _classes(call, context, label)
    if len(classes) != len(outputs):
        _refuse(call, f"the model has {len(outputs)} outputs and {len(classes)} classes")
    place = number("position", Apply("list", Type.LIST, tuple(classes)), label)
    scores = Apply("list", Type.LIST, tuple(outputs))
    complete = (boolean("is_not_null", output) for output in outputs)
    valid = boolean("and", boolean("is_not_null", place), *complete)
    values: dict[str, Node] = {
        "target": _if_valid(valid, place),
        "largest": _if_valid(valid, number("largest", scores)),
        "score": _if_valid(valid, number("element", scores, place)),
    }
    if call.function in ("tp", "fp", "tn", "fn"):
        one = Literal(Type.NUMBER, _class_place(call, classes, positive))
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


def _classes(call: Call, context: Context, label: ColumnValue) -> list[Literal]:
    order = context.subject.class_order
    is_binary = context.subject.task == "binary_classification"
    if not order and is_binary and label.type in (Type.NUMBER, Type.BOOLEAN):
        order = (False, True) if label.type is Type.BOOLEAN else (0, 1)
    if not order or (is_binary and len(order) != 2):
        _refuse(call, "the model has no target_class_order" if not order else "target_class_order has not two classes")
    values = [_class_value(one, label.type) for one in order]
    if any(value is None for value in values):
        _refuse(call, f"target {shown(label.name)} is a {label.type.value}, unlike the classes of target_class_order")
    return [Literal(label.type, value) for value in values]


def _class_value(value: object, type: Type) -> float | bool | str | None:
    """Return a class as a value of the target's type, or None if it cannot be one."""
    text = str(value)
    form = category_form(text)
    if type is Type.STRING:
        return text if isinstance(value, str) else form or text
    if type is Type.BOOLEAN:
        return {"0": False, "false": False, "1": True, "true": True}.get(form or "")
    if type is Type.NUMBER and not isinstance(value, bool):
        try:
            return float(text)
        except ValueError:
            return None
    return None


def _class_place(call: Call, classes: list[Literal], positive: Tree | None) -> float:
    if positive is None:
        raise FqlError(
            f"{call.function}() of a model with several classes needs a class", call.position, hint="write class='...'"
        )
    if not isinstance(positive, Text | Number | Constant):
        raise FqlError("class= takes a class of the model", positive.position)
    value = _class_value(positive.value, classes[0].type)
    for place, one in enumerate(classes, start=1):
        if value is not None and one.value == value:
            return place
    raise FqlError("class= is no class of the model", positive.position)


def _refuse(call: Call, reason: str) -> NoReturn:
    raise FqlError(f"{call.function}() cannot be computed: {reason}", call.position)
