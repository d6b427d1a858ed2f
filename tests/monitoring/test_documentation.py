"""The page about metrics names what the code has, and its examples are valid."""

import re
from pathlib import Path

import pytest

from inference_events.models.schema import model_schema
from inference_events.monitoring.fql import FqlError, compile_metric, compile_segment
from inference_events.monitoring.fql.builtins import TASKS, task_metrics
from inference_events.monitoring.fql.calls import FUNCTIONS
from inference_events.monitoring.metrics import METRICS, Reason
from inference_events.monitoring.subject import Subject, make_subject

PAGE = (Path(__file__).parents[2] / "docs" / "monitoring.md").read_text()
CODE = re.compile("`([^`]+)`")
ERROR = re.compile(r"```text\n(line .+?)\n```", re.DOTALL)


def tables(header: str) -> dict[str, list[str]]:
    """Return the rows of the tables whose first column has this header: its code, and the code in the other columns."""
    found = re.findall(rf"^\| {header} \|.*\n\|[-|]+\n((?:\|.*\n)+)", PAGE, re.MULTILINE)
    rows = [row.partition(" | ") for table in found for row in table.splitlines()]
    return {name: CODE.findall(rest) for first, _, rest in rows for name in CODE.findall(first)}


def flights() -> Subject:
    """Return the model of the README's walk, with a baseline."""
    columns = [
        {"name": "flight", "data_type": "str"},
        {"name": "carrier", "data_type": "category", "categories": ["AA", "UA"]},
        {"name": "distance", "data_type": "int"},
        {"name": "late_probability", "data_type": "float"},
        {"name": "arrived_late", "data_type": "bool"},
    ]
    schema = {"columns": columns}
    spec = {"inputs": ["carrier", "distance"], "outputs": ["late_probability"], "targets": ["arrived_late"]}
    task = "binary_classification"
    prepared = model_schema(
        model_id="m",
        revision=1,
        schema=schema,
        spec=spec,
        task=task,
        task_params={},
        event_id_col="flight",
        event_ts_col=None,
        event_ts_format=None,
    )
    baselines = frozenset({"january"})
    return make_subject(prepared, columns=schema, spec=spec, task=task, task_params={}, baselines=baselines)


MODEL = flights()


def test_metrics() -> None:
    """The tables of metrics have a row for each metric of the catalogue, and no other."""
    assert set(tables("metric")) == set(METRICS)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_functions(function: str) -> None:
    """Each function of FQL is on the page as a call."""
    assert f"`{function}(" in PAGE


def test_functions_of_tasks() -> None:
    """The page says for each task which of its metrics are functions."""
    listed = tables("task")
    assert {task: [name.removesuffix("()") for name in names] for task, names in listed.items()} == {
        task: list(task_metrics(task)) for task in TASKS
    }


def test_reasons() -> None:
    """The table of reasons has each reason for which a figure is null."""
    assert set(tables("reason")) >= set(Reason)


@pytest.mark.parametrize("definition", tables("segment"))
def test_segments(definition: str) -> None:
    """The examples of segments are valid."""
    assert compile_segment(definition, MODEL).columns


@pytest.mark.parametrize("definition", tables("custom metric"))
def test_custom_metrics(definition: str) -> None:
    """The examples of custom metrics are valid."""
    assert compile_metric(definition, MODEL).columns


def test_error() -> None:
    """The error on the page is what its definition gives."""
    (shown,) = ERROR.findall(PAGE)
    with pytest.raises(FqlError) as refused:
        compile_segment(shown.splitlines()[1], MODEL)
    assert str(refused.value) == shown
