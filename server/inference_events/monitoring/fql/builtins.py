"""The metrics that FQL knows by name.

`FORMULAS` has those that are plain aggregates, in FQL itself. The names in them are the values of one row that `labels`
provides; they are null if the row has no valid label.
"""

from dataclasses import replace
from functools import cache
from typing import NoReturn

from inference_events.monitoring.fql.arguments import Arguments
from inference_events.monitoring.fql.context import Context, Place
from inference_events.monitoring.fql.errors import FqlError, shown
from inference_events.monitoring.fql.ir import Aggregate, Builtin, Figure, Node
from inference_events.monitoring.fql.labels import row_values
from inference_events.monitoring.fql.names import find_column, suggestion
from inference_events.monitoring.fql.parser import parse
from inference_events.monitoring.fql.syntax import Call, Name
from inference_events.monitoring.fql.syntax import Node as Tree

# The least and the greatest probability whose logarithm counts: the spacing of floats at 1.
_EPSILON = "2.220446049250313e-16"
FLAGS = {
    "tp": "positive and predicted",
    "fp": "not positive and predicted",
    "tn": "not positive and not predicted",
    "fn": "positive and not predicted",
}
_BINARY = {
    **FLAGS,
    "accuracy": "average(positive == predicted)",
    "clipped": f"if(score < {_EPSILON}, {_EPSILON}, if(score > 1 - {_EPSILON}, 1 - {_EPSILON}, score))",
    "data_count": "count(score)",
    "f1_score": "if(tp() + fp() > 0 and tp() + fn() > 0, 2 * tp() / (2 * tp() + fp() + fn()), null)",
    "fpr": "fp() / (fp() + tn())",
    "geometric_mean": "sqrt(precision() * recall())",
    "log_loss": "-average(if(positive, log(clipped()), log(1 - clipped())))",
    "precision": "tp() / (tp() + fp())",
    "recall": "tp() / (tp() + fn())",
}
_MULTICLASS = {
    **FLAGS,
    "accuracy": "average(target == largest)",
    "clipped": f"if(score < {_EPSILON}, {_EPSILON}, if(score > 1, 1, score))",
    "data_count": "count(score)",
    "log_loss": "-average(log(clipped()))",
    "log_loss_count": "count(score)",
}
# What is too large for a number is null, and aggregates skip nulls. So the errors of rows are counted: without one of
# them there is no figure.
_REGRESSION = {
    "data_count": "count(target)",
    "mae": "if(count(target - output) == count(target), average(abs(target - output)), null)",
    "mape": "if(count(share()) == count(nonzero()), 100 * average(share()), null)",
    "mse": "if(count(square()) == count(target), average(square()), null)",
    "nonzero": "if(target != 0, target, null)",
    "r2": "if(count(square()) == count(target), 1 - sum(square()) / (variance(target) * count(target)), null)",
    "share": "if(target != 0, abs((target - output) / target), null)",
    "square": "(target - output) ^ 2",
    "wmape": "if(count(target - output) == count(target), 100 * (sum(abs(target - output)) / sum(abs(target))), null)",
}
FORMULAS = {"binary_classification": _BINARY, "multiclass_classification": _MULTICLASS, "regression": _REGRESSION}
FIGURES = {
    "binary_classification": ("auc", "auroc", "calibrated_threshold", "expected_calibration_error"),
    "ranking": ("map", "ndcg_mean", "query_count"),
}
_INTERNAL = frozenset({"clipped", "nonzero", "share", "square"})
_WITH_THRESHOLD = frozenset({*FLAGS, "accuracy", "f1_score", "fpr", "geometric_mean", "precision", "recall"})
DRIFT = ("jsd", "psi")
VIOLATIONS = {
    "null_violation_count": "missing",
    "range_violation_count": "range",
    "type_violation_count": "type",
    "any_violation_count": None,
}
TASKS = tuple(dict.fromkeys((*FORMULAS, *FIGURES)))


def task_metrics(task: str) -> tuple[str, ...]:
    """Return the names of the performance metrics of a task, with those of its flags."""
    return tuple(sorted({*FORMULAS.get(task, ()), *FIGURES.get(task, ())} - _INTERNAL))


METRIC_NAMES = (*sorted({name for task in TASKS for name in task_metrics(task)}), *DRIFT, *VIOLATIONS, "traffic")


def bind_metric(call: Call, arguments: Arguments, context: Context) -> Node:
    """Return the meaning of a call of a metric. Raises FqlError."""
    name = call.function
    if context.names is not None:
        return _formula(name, context)
    if name not in FLAGS:
        context.refuse_aggregate(call)
    if name == "traffic":
        arguments.exactly(0)
        return Aggregate("traffic")
    if name in DRIFT:
        return _drift(call, arguments, context)
    if name in VIOLATIONS:
        return _violations(call, arguments, context)
    if name not in task_metrics(context.subject.task):
        _refuse_task(call, context.subject.task)
    return _performance(call, arguments, context)


def _performance(call: Call, arguments: Arguments, context: Context) -> Node:
    name, task = call.function, context.subject.task
    explicit = "target" in arguments.named
    target = _target(call, arguments, context)
    threshold = None
    if name in _WITH_THRESHOLD and task == "binary_classification":
        threshold = arguments.number("threshold")
    positive = arguments.named.pop("class", None) if name in FLAGS and task == "multiclass_classification" else None
    arguments.exactly(0)
    values = row_values(call, context, target=target, threshold=threshold, positive=positive)
    if name in FIGURES.get(task, ()):
        return Figure(Builtin(name, target=target if explicit else None))
    return _formula(name, replace(context, names=values))


def _formula(name: str, context: Context) -> Node:
    tree = _tree(context.subject.task, name)
    if name not in FLAGS:
        return context.bind(tree, context)
    flag = context.bind(tree, context.inside)
    return Aggregate("count", (flag,)) if context.place is Place.METRIC else flag


@cache
def _tree(task: str, name: str) -> Tree:
    return parse(FORMULAS[task][name])


def _target(call: Call, arguments: Arguments, context: Context) -> str:
    tree = arguments.named.pop("target", None)
    if tree is None:
        if context.subject.target is None:
            raise FqlError(f"{call.function}() needs a target, and the model has none", call.position)
        return context.subject.target
    if not isinstance(tree, Name):
        raise FqlError("target= takes a column", tree.position)
    return find_column(context.subject, tree)


def _drift(call: Call, arguments: Arguments, context: Context) -> Node:
    column, baseline = arguments.exactly(2)
    name = _drift_column(call, column, context)
    text = arguments.text(baseline, "the name of a baseline")
    if text not in context.subject.baselines:
        near = suggestion(text, sorted(context.subject.baselines))
        hint = f"did you mean {shown(near)}?" if near else None
        raise FqlError(f"the model has no baseline {shown(text)}", baseline.position, hint=hint)
    return Figure(Builtin(call.function, column=name, baseline=text))


def _drift_column(call: Call, tree: Tree, context: Context) -> str:
    if not isinstance(tree, Name):
        raise FqlError(f"{call.function}() takes a column", tree.position)
    if any(feature.get("name") == tree.name for feature in context.subject.custom_features):
        return tree.name
    name = find_column(context.subject, tree)
    if context.subject.data_types[name] in ("str", "timestamp"):
        kind = "is no category" if context.subject.data_types[name] == "str" else "is a Timestamp"
        raise FqlError(f"column {shown(name)} {kind}, so it has no drift", tree.position)
    context.column(name)
    return name


def _violations(call: Call, arguments: Arguments, context: Context) -> Node:
    (tree,) = arguments.exactly(1)
    if not isinstance(tree, Name):
        raise FqlError(f"{call.function}() takes a column", tree.position)
    name = find_column(context.subject, tree)
    context.column(name)
    kind = VIOLATIONS[call.function]
    return Aggregate("any_violations", values=(name,)) if kind is None else Aggregate("violations", values=(name, kind))


def _refuse_task(call: Call, task: str) -> NoReturn:
    has = ", ".join(f"{name}()" for name in task_metrics(task)) or "no performance metrics"
    raise FqlError(f"{call.function}() is no metric of the task {task}", call.position, hint=f"it has {has}")
