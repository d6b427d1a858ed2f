"""The metrics that FQL knows by name, for each task and with each argument."""

import math
from datetime import datetime
from typing import Any

import pytest

from inference_events.monitoring.fql import Builtin, FqlError, compile_metric, compile_segment
from inference_events.monitoring.fql.builtins import FIGURES, FORMULAS, TASKS, task_metrics
from inference_events.monitoring.subject import Subject
from tests.monitoring.fql.rows import Row, metric, segment, subject

FLOAT = {"data_type": "float"}


def columns(**types: Any) -> list[dict[str, Any]]:
    return [{"name": name, **type} for name, type in types.items()]


def rows_of(**values: Any) -> list[Row]:
    return [dict(zip(values, row, strict=True)) for row in zip(*values.values(), strict=True)]


BINARY_ROWS = rows_of(
    churn=[0, 0, 0, 0, 1, 1, 1, 1, 0, 1, None, 1, 2],
    p=[0.1, 0.4, 0.6, 0.2, 0.9, 0.35, 0.8, 0.5, 0.5, 0.7, 0.9, None, 0.9],
)
CLASSES = subject(
    "multiclass_classification",
    columns=columns(y={"data_type": "category", "categories": ["a", "b", "c"]}, a=FLOAT, b=FLOAT, c=FLOAT),
    outputs=("a", "b", "c"),
    targets=("y",),
    target_class_order=["a", "b", "c"],
)
CLASS_ROWS = rows_of(
    y=["a", "b", "c", "b", "d", None, "a"],
    a=[0.7, 0.1, 0.2, 0.5, 0.9, 0.9, None],
    b=[0.2, 0.6, 0.2, 0.4, 0.1, 0.1, 0.5],
    c=[0.1, 0.3, 0.6, 0.1, 0.0, 0.0, 0.5],
)
REGRESSION = subject("regression", columns=columns(y=FLOAT, f=FLOAT, z=FLOAT), outputs=("f",), targets=("y",))
REGRESSION_ROWS = rows_of(
    y=[100, 200, 0, 50, 80, None, 7.0, math.nan],
    f=[110, 180, 5, 50, 100, 3.0, None, 1.0],
    z=[110, 180, 5, 50, 100, 3.0, None, 1.0],
)
RANKING = subject(
    "ranking", columns=columns(q={"data_type": "str"}, s=FLOAT, r=FLOAT), outputs=("s",), targets=("r",), group_by="q"
)
VALUES: list[tuple[Subject, list[Row], dict[str, float | None]]] = [
    (
        subject(),
        BINARY_ROWS,
        {
            "accuracy()": 0.7,
            "precision()": 2 / 3,
            "recall()": 0.8,
            "f1_score()": 8 / 11,
            "fpr()": 0.4,
            "geometric_mean()": math.sqrt(2 / 3 * 0.8),
            "log_loss()": 0.487692,
            "data_count()": 10,
            "tp()": 4,
            "tn()": 3,
            "fp()": 2,
            "fn()": 1,
            "tp(threshold=0.6)": 3,
            "precision(threshold=0.51)": 0.75,
            "recall(threshold=2)": 0,
            "precision(threshold=2)": None,
            "f1_score(threshold=2)": None,
            "accuracy(target=churn, threshold=0)": 0.5,
        },
    ),
    (
        CLASSES,
        CLASS_ROWS,
        {
            "accuracy()": 0.75,
            "log_loss()": 0.573654,
            "log_loss_count()": 4,
            "data_count()": 4,
            "tp(class='b')": 1,
            "fn(class='b')": 1,
            "fp(class='a')": 1,
            "tn(class='c')": 3,
        },
    ),
    (
        REGRESSION,
        REGRESSION_ROWS,
        {
            "mse()": 185,
            "mae()": 11,
            "r2()": 0.957801,
            "mape()": 11.25,
            "wmape()": 12.7907,
            "data_count()": 5,
            "mae(target=z)": 0,
        },
    ),
]
CASES = [(model, rows, text, value) for model, rows, values in VALUES for text, value in values.items()]


@pytest.mark.parametrize(("model", "rows", "text", "value"), CASES, ids=[case[2] for case in CASES])
def test_values(model: Subject, rows: list[Row], text: str, value: float | None) -> None:
    """A metric counts valid rows only, and has the value of its formula."""
    assert metric(text, model, rows) == (value if value is None else pytest.approx(value, rel=1e-5))


@pytest.mark.parametrize("task", FORMULAS)
def test_nothing_to_count(task: str) -> None:
    """Without a valid row counts are 0, and all other metrics are null."""
    model = {"binary_classification": subject(), "multiclass_classification": CLASSES, "regression": REGRESSION}[task]
    flags = {"tp", "fp", "tn", "fn"} if task != "regression" else set()
    for name in sorted(FORMULAS[task].keys() & set(task_metrics(task))):
        call = f"{name}(class='a')" if name in flags and model is CLASSES else f"{name}()"
        counts = name in flags or name.endswith("_count")
        assert metric(call, model, rows=[]) == (0 if counts else None)
        assert metric(call, model, rows=[dict.fromkeys(model.columns)]) == (0 if counts else None)


def test_extremes() -> None:
    """A certain prediction that is wrong has a finite loss, and a constant target no r2."""
    rows = rows_of(churn=[1, 0], p=[0.0, 1.0])
    assert metric("log_loss()", rows=rows) == pytest.approx(-math.log(2.220446049250313e-16))
    assert metric("f1_score()", rows=rows) == 0
    constant = rows_of(y=[0.1] * 3, f=[0.1, 0.2, 0.3])
    assert metric("r2()", REGRESSION, constant) is None
    assert metric("r2()", REGRESSION, constant[:1]) is None
    shifted = rows_of(y=[1e9 + step for step in range(5)], f=[1e9 + 1.1 * step for step in range(5)])
    assert metric("r2()", REGRESSION, shifted) == pytest.approx(0.97, rel=1e-6)


def test_ties() -> None:
    """The first of the largest outputs is the predicted class, and a score at the threshold is positive."""
    rows = rows_of(y=["a", "b"], a=[0.4, 0.4], b=[0.4, 0.4], c=[0.2, 0.2])
    assert metric("accuracy()", CLASSES, rows) == 0.5
    assert metric("tp(class='a')", CLASSES, rows) == 1


CATEGORY = {"data_type": "category", "categories": ["no", "yes"]}


@pytest.mark.parametrize(
    ("type", "order", "values"),
    [
        (CATEGORY, ["no", "yes"], ["yes", "no", "yes", ""]),
        (CATEGORY, [], ["yes", "no", "yes", ""]),
        (CATEGORY, ["yes", "no"], ["no", "yes", "no", None]),
        ({"data_type": "int"}, [], [1, 0, 1, 2]),
        ({"data_type": "int"}, [1, 2], [2, 1, 2, 0]),
        ({"data_type": "int"}, ["1", "2"], [2, 1, 2, 0]),
        (FLOAT, [0, 1], [1.0, 0.0, 1.0, 0.5]),
        ({"data_type": "bool"}, [], [True, False, True, None]),
        ({"data_type": "bool"}, [0, 1], [True, False, True, None]),
        ({"data_type": "bool"}, [True, False], [False, True, False, None]),
        ({"data_type": "bool"}, ["false", "true"], [True, False, True, None]),
        ({"data_type": "str"}, [0, 1], ["1", "0", "1", "2"]),
    ],
)
def test_classes(type: dict[str, Any], order: list[Any], values: list[Any]) -> None:
    """The second class is the positive one, in the type of the target's column."""
    model = subject(columns=columns(y=type, p=FLOAT), targets=("y",), target_class_order=order)
    rows = rows_of(y=values, p=[0.9, 0.9, 0.1, 0.9])
    assert [metric(f"{flag}()", model, rows) for flag in ("tp", "fp", "fn", "tn")] == [1, 1, 1, 0]
    assert segment("fp()", model, rows) == {2}


def test_more_outputs() -> None:
    """The first output of a binary classification is its score."""
    assert metric("tp()", subject(outputs=("p", "income"))) == 1


def test_class_that_no_target_has() -> None:
    """Rows without a label are no rows of a class that the target's column cannot hold."""
    model = subject(
        "multiclass_classification",
        columns=columns(y={"data_type": "int"}, a=FLOAT, b=FLOAT),
        outputs=("a", "b"),
        targets=("y",),
        target_class_order=[1, "other"],
    )
    rows = rows_of(y=[1, None, 1, 2], a=[0.9, 0.1, 0.2, 0.9], b=[0.1, 0.9, 0.8, 0.1])
    assert metric("accuracy()", model, rows) == 0.5
    assert metric("data_count()", model, rows) == 2


def test_violations() -> None:
    """A violation count has the rows with such a violation in the column, once each."""
    found = [("income", "missing"), ("income", "type"), ("age", "range")]
    rows: list[Row] = [{"violations": found}, {"violations": [("income", "type")]}, {"violations": []}]
    counts = {
        "null_violation_count(income)": 1,
        "type_violation_count(income)": 2,
        "range_violation_count(income)": 0,
        "any_violation_count(income)": 2,
        "any_violation_count(age)": 1,
        "range_violation_count(age) / traffic()": 1 / 3,
    }
    assert {text: metric(text, rows=rows) for text in counts} == pytest.approx(counts)


BUILTINS = {
    "auroc()": Builtin("auroc"),
    "auc()": Builtin("auc"),
    "calibrated_threshold()": Builtin("calibrated_threshold"),
    "expected_calibration_error(target=flag)": Builtin("expected_calibration_error", target="flag"),
    "jsd(age, 'last year')": Builtin("jsd", column="age", baseline="last year"),
    "psi(vector, 'last year')": Builtin("psi", column="vector", baseline="last year"),
}


@pytest.mark.parametrize(("text", "builtin"), BUILTINS.items(), ids=list(BUILTINS))
def test_computed_elsewhere(text: str, builtin: Builtin) -> None:
    """A metric that is no plain aggregate is named with its arguments, once, and its value is used."""
    compiled = compile_metric(f"2 * {text} + {text} / sum(1)", subject())
    assert compiled.builtins == (builtin,)
    assert metric(f"2 * {text} + {text} / sum(1)", builtins=[0.5]) == pytest.approx(1.1)
    assert metric(text, builtins=[math.nan]) is None


@pytest.mark.parametrize("name", FIGURES["ranking"])
def test_ranking(name: str) -> None:
    """Metrics of ranking models are computed elsewhere."""
    assert compile_metric(f"{name}()", RANKING).builtins == (Builtin(name),)
    assert compile_metric(f"{name}(target=s)", RANKING).builtins == (Builtin(name, target="s"),)


def test_custom_feature() -> None:
    """Drift takes the name of a custom feature."""
    model = subject(spec={"custom_features": [{"name": "position", "type": "FROM_COLUMNS"}]})
    assert compile_metric("jsd(position, 'last year')", model).builtins[0].column == "position"


@pytest.mark.parametrize("task", [*TASKS, "llm", "not_set"])
def test_tasks(task: str) -> None:
    """A metric of another task is refused with the list of those that the model has."""
    model = {"multiclass_classification": CLASSES, "regression": REGRESSION, "ranking": RANKING}.get(task)
    model = model or subject(task)
    others = {name for other in TASKS for name in task_metrics(other)} - set(task_metrics(task))
    assert others
    for name in others:
        with pytest.raises(FqlError) as refused:
            compile_metric(f"{name}()", model)
        assert all(f"{own}()" in str(refused.value.hint) for own in task_metrics(task))
        assert "no performance metrics" in str(refused.value.hint) or task in TASKS


REFUSED = [
    (subject(), "tp(class='x')", "no argument class="),
    (subject(), "auroc(threshold=0.5)", "no argument threshold="),
    (subject(), "precision(threshold=p)", "takes a number"),
    (subject(), "precision(churn)", "takes no argument without a name"),
    (subject(), "precision(target='churn')", "target= takes a column"),
    (subject(), "precision(target=nope)", "unknown column nope"),
    (subject(), "precision(target=seen)", "is a Timestamp"),
    (subject(columns=columns(y={"data_type": "str"}, p=FLOAT), targets=("y",)), "fpr()", "no target_class_order"),
    (subject(), "precision(target=churn, target=churn)", "stands twice"),
    (subject(), "precision(target=churn, churn)", "without a name"),
    (subject(), "sum(precision())", "inside an aggregate"),
    (subject(outputs=()), "precision()", "has no output"),
    (subject(outputs=("geography",)), "precision()", "is a String"),
    (subject(targets=()), "precision()", "has none"),
    (subject(target_class_order=["no", "yes"]), "precision()", "unlike the classes"),
    (subject(target_class_order=[0, 1, 2]), "precision()", "has 3 classes"),
    (CLASSES, "tp()", "needs a class"),
    (CLASSES, "tp(class='d')", "no class of the model"),
    (CLASSES, "tp(class=y)", "takes a class"),
    (CLASSES, "accuracy(threshold=0.5)", "no argument threshold="),
    (subject(target_class_order=[1, True]), "precision()", "unlike the classes"),
    (subject("multiclass_classification"), "accuracy()", "classes: 0, outputs: 1"),
    (
        subject(columns=columns(y=CATEGORY, f=FLOAT), task="regression", targets=("y",), outputs=("f",)),
        "mae()",
        "String",
    ),
    (subject(), "jsd(geograph, 'last year')", "did you mean geography?"),
    (subject(), "jsd(seen, 'last year')", "is a Timestamp"),
    (subject(), "jsd(age, 'last yaer')", "did you mean last year?"),
    (subject(), "jsd(age)", "takes 2 arguments"),
    (subject(), "jsd(age + 1, 'last year')", "takes a column"),
    (subject(), "null_violation_count(1)", "takes a column"),
    (subject(), "traffic(age)", "takes no argument"),
    (subject(), "quantile(age)", "needs level="),
    (subject(), "quantile(age, level=2)", "from 0 to 1"),
    (subject(), "quantile(age, level=age)", "takes a number"),
]


@pytest.mark.parametrize(("model", "text", "reason"), REFUSED, ids=[text for _, text, _ in REFUSED])
def test_refused(model: Subject, text: str, reason: str) -> None:
    """A metric with a wrong argument, or that its model cannot have, is refused with the reason."""
    with pytest.raises(FqlError) as refused:
        compile_metric(text, model)
    assert reason in str(refused.value)


def test_columns_without_single_values() -> None:
    """Whether a time, a vector or a list of a ranking row is null can be asked and counted."""
    rows: list[Row] = [{"seen": datetime(2026, 1, 1), "vector": [1.0]}, {"flag": True}]
    assert metric("count(seen)", rows=rows) == 1
    assert metric("count(if(flag, seen, null))", rows=rows) == 0
    assert metric("count(vector)", rows=rows) == 1
    assert segment("is_null(seen) and is_null(vector)", rows=rows) == {2}
    assert segment("is_not_null(s)", RANKING, [{"s": [0.5, None]}, {}]) == {1}


def test_columns() -> None:
    """A definition names the columns that it uses, also those of its metrics, in order of their first use."""
    assert compile_metric("sum(income) / count(age) + sum(income)", subject()).columns == ("income", "age")
    assert compile_metric("recall() + jsd(age, 'last year')", subject()).columns == ("churn", "p", "age")
    assert compile_metric("auroc(target=flag)", subject()).columns == ("flag", "p")
    assert compile_metric("null_violation_count(geography)", subject()).columns == ("geography",)
    assert compile_metric("traffic()", subject()).columns == ()
    assert compile_segment("fp() and flag", subject()).columns == ("churn", "p", "flag")
