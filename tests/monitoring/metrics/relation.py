"""Rows relations for tests, as the engine builds them, and subjects for them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

import duckdb
import pyarrow as pa

from inference_events.events.columns import label_name, value_name
from inference_events.events.types import VIOLATIONS
from inference_events.models.schema import model_schema
from inference_events.monitoring.metrics import (
    BaselineRows,
    Figure,
    MetricQuery,
    Reason,
    Rows,
    check,
    drift_pairs,
    figures,
)
from inference_events.monitoring.metrics.histograms import Pair
from inference_events.monitoring.subject import Subject, make_subject

Row = Mapping[str, Any]
TS = datetime(2026, 1, 1)
BASELINE = "before"


def model(
    columns: Sequence[Mapping[str, Any]],
    task: str = "not_set",
    *,
    spec: Mapping[str, Any] | None = None,
    baselines: Sequence[str] = (BASELINE,),
    **task_params: Any,
) -> Subject:
    """Return a subject. Columns without a role are inputs."""
    declared = dict(spec or {})
    used = {name for role, names in declared.items() if role != "custom_features" for name in names}
    declared.setdefault("inputs", [column["name"] for column in columns if column["name"] not in used])
    parts: dict[str, Any] = {"spec": declared, "task": task, "task_params": task_params}
    schema: dict[str, Any] = {"columns": list(columns)}
    prepared = model_schema(
        model_id="m", revision=1, schema=schema, event_id_col=None, event_ts_col=None, event_ts_format=None, **parts
    )
    return make_subject(prepared, columns=schema, baselines=frozenset(baselines), **parts)


def binary(kind: str = "int", **task_params: Any) -> Subject:
    """Return a binary classifier with the score `s` and the target `y`."""
    columns = [{"name": "s", "data_type": "float"}, {"name": "y", "data_type": kind}]
    return model(columns, "binary_classification", spec={"outputs": ["s"], "targets": ["y"]}, **task_params)


def regression() -> Subject:
    """Return a regression with the prediction `f` and the target `y`."""
    columns = [{"name": "f", "data_type": "float"}, {"name": "y", "data_type": "float"}]
    return model(columns, "regression", spec={"outputs": ["f"], "targets": ["y"]})


def multiclass(classes: Sequence[Any] = (0, 1, 2), kind: str = "int") -> Subject:
    """Return a classifier with the outputs `p0`, `p1` … and the target `y`."""
    outputs = [f"p{index}" for index in range(len(classes))]
    columns = [{"name": "y", "data_type": kind}, *({"name": name, "data_type": "float"} for name in outputs)]
    spec = {"outputs": outputs, "targets": ["y"]}
    return model(columns, "multiclass_classification", spec=spec, target_class_order=list(classes))


def ranking(kind: Mapping[str, Any] | None = None, **task_params: Any) -> Subject:
    """Return a ranking model with lists of scores `s` and of relevances `y`."""
    columns: list[dict[str, Any]] = [
        {"name": "s", "data_type": "float"},
        {"name": "y", "data_type": "float", **(kind or {})},
        {"name": "search", "data_type": "str"},
    ]
    spec = {"outputs": ["s"], "targets": ["y"]}
    return model(columns, "ranking", spec=spec, group_by="search", **task_params)


def rows_of(**columns: Sequence[Any]) -> list[Row]:
    """Return rows from columns of equal length."""
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def create(connection: duckdb.DuckDBPyConnection, name: str, subject: Subject, rows: Sequence[Row]) -> None:
    """Create a rows relation. `bin`, `ts`, `violations` and `labelled_at` of a row may be missing."""
    table = {
        "ts": pa.array([row.get("ts", TS) for row in rows], pa.timestamp("us")),
        "bin": pa.array([row.get("bin", 0) for row in rows], pa.int64()),
        "violations": pa.array([row.get("violations", []) for row in rows], VIOLATIONS),
    }
    for column in subject.columns.values():
        values = [row.get(column.name) for row in rows]
        table[value_name(column.name)] = pa.array(values, column.type, from_pandas=False)
    for target in subject.roles["targets"]:
        table[label_name(target)] = pa.array([row.get("labelled_at") for row in rows], pa.timestamp("us"))
    connection.register("given", pa.table(table))
    connection.execute(f"CREATE OR REPLACE TABLE {name} AS SELECT * FROM given")
    connection.unregister("given")


def compute(
    subject: Subject,
    rows: Sequence[Row],
    *queries: MetricQuery,
    bins: int = 1,
    baseline: Sequence[Row] = (),
    is_rolling: bool = False,
) -> list[list[Figure]]:
    """Check the queries and return their figures by bin."""
    connection = relations(subject, rows, baseline)
    for query in queries:
        check(query, subject)
    known = {BASELINE: BaselineRows("baseline", tuple(range(bins)) if is_rolling else None)}
    return figures(connection, Rows("events", bins), queries, subject, known)


def relations(subject: Subject, rows: Sequence[Row], baseline: Sequence[Row] = ()) -> duckdb.DuckDBPyConnection:
    """Create the relations `events` and `baseline` and return their connection, which later tests use again."""
    connection = _connect()
    create(connection, "events", subject, rows)
    create(connection, "baseline", subject, baseline)
    return connection


@cache
def _connect() -> duckdb.DuckDBPyConnection:
    return duckdb.connect(config={"threads": 1})


def one(subject: Subject, rows: Sequence[Row], query: MetricQuery | str, **arguments: Any) -> Figure:
    """Return the figure of one query over one bin."""
    asked = query if isinstance(query, MetricQuery) else MetricQuery(query)
    return compute(subject, rows, asked, **arguments)[0][0]


def drift(
    subject: Subject, before: Sequence[Row], now: Sequence[Row], column: str, metric: str = "jsd", **arguments: Any
) -> Figure:
    """Return the drift of a column over one bin."""
    return one(subject, now, MetricQuery(metric, column=column, baseline=BASELINE, **arguments), baseline=before)


def pair(subject: Subject, before: Sequence[Row], now: Sequence[Row], name: str = "x", **more: Any) -> Pair:
    """Return the histograms behind a drift."""
    connection = relations(subject, now, before)
    query = MetricQuery("jsd", column=name, baseline=BASELINE, **more)
    found = drift_pairs(connection, Rows("events"), query, subject, BaselineRows("baseline"))
    assert not isinstance(found, Reason)
    return found[0]


def shown(found: Pair) -> dict[str, tuple[float, float]]:
    """Return the counts of both sides by the label of the bin."""
    return dict(
        zip(found.labels, zip(found.counts(found.baseline), found.counts(found.window), strict=True), strict=True)
    )
