"""Models and rows for the tests of FQL, and what DuckDB makes of a definition on them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

import duckdb
import pyarrow as pa

from inference_events.models.schema import model_schema
from inference_events.monitoring.fql import compile_metric, compile_segment
from inference_events.monitoring.subject import Subject, make_subject

Row = Mapping[str, Any]
VIOLATIONS = pa.list_(pa.struct([("column", pa.string()), ("kind", pa.string()), ("value", pa.string())]))
COLUMNS = (
    {"name": "age", "data_type": "int"},
    {"name": "geography", "data_type": "category", "categories": ["Hawaii", "Texas"]},
    {"name": "churn", "data_type": "int"},
    {"name": "p", "data_type": "float"},
    {"name": "income", "data_type": "float"},
    {"name": "flag", "data_type": "bool"},
    {"name": "sum", "data_type": "float"},
    {"name": 'a "b" {}', "data_type": "str"},
    {"name": "seen", "data_type": "timestamp"},
    {"name": "vector", "data_type": "vector"},
)
NAMES = ("age", "geography", "churn", "p", "income", "flag")
ROWS: tuple[Row, ...] = tuple(
    dict(zip(NAMES, values, strict=True))
    for values in (
        (25, "Hawaii", 1, 0.9, 100.0, True),
        (35, "Hawaii", 0, 0.6, 200.0, False),
        (45, "Texas", 1, 0.2, 300.0, True),
        (55, "Hawaii", 0, 0.1, None, None),
        (None, "Texas", None, 0.7, 500.0, False),
    )
)


def subject(
    task: str = "binary_classification",
    *,
    columns: Sequence[Mapping[str, Any]] = COLUMNS,
    outputs: Sequence[str] = ("p",),
    targets: Sequence[str] = ("churn",),
    baselines: Sequence[str] = ("last year",),
    spec: Mapping[str, Any] | None = None,
    **task_params: Any,
) -> Subject:
    schema: dict[str, Any] = {"columns": list(columns)}
    spec = {"inputs": ["age"], "outputs": list(outputs), "targets": list(targets), **(spec or {})}
    parts: dict[str, Any] = {"spec": spec, "task": task, "task_params": task_params}
    prepared = model_schema(
        model_id="m", revision=1, schema=schema, event_id_col=None, event_ts_col=None, event_ts_format=None, **parts
    )
    return make_subject(prepared, columns=schema, baselines=frozenset(baselines), **parts)


def quoted(name: str) -> str:
    return '"v:' + name.replace('"', '""') + '"'


def relation(model: Subject, rows: Sequence[Row]) -> pa.Table:
    """Return rows as the engine hands them to figures. `violations` of a row are tuples of column and kind."""
    columns = {f"v:{name}": pa.array([row.get(name) for row in rows], one.type) for name, one in model.columns.items()}
    found = [
        [{"column": column, "kind": kind, "value": None} for column, kind in row.get("violations", ())] for row in rows
    ]
    return pa.table(
        {
            "id": pa.array(range(1, len(rows) + 1)),
            "ts": pa.array([datetime(2026, 1, 1)] * len(rows), pa.timestamp("us")),
            "bin": pa.array([0] * len(rows), pa.int64()),
            "violations": pa.array(found, VIOLATIONS),
            **columns,
        }
    )


def segment(text: str, model: Subject | None = None, rows: Sequence[Row] = ROWS) -> set[int]:
    """Return the numbers of the rows in a segment, from 1."""
    model = model or subject()
    condition = compile_segment(text, model).sql(quoted)
    found = query(f"SELECT id FROM rows WHERE {condition.text}", condition.values, relation(model, rows))
    return {number for (number,) in found}


def metric(text: str, model: Subject | None = None, rows: Sequence[Row] = ROWS, builtins: Sequence[float] = ()) -> Any:
    """Return the value of a custom metric. `builtins` are those of its metrics that are no plain aggregates."""
    model = model or subject()
    compiled = compile_metric(text, model)
    aggregates = compiled.aggregates(quoted)
    names = [f'"a{index}"' for index in range(len(aggregates))]
    given = [f'"b{index}"' for index in range(len(compiled.builtins))]
    result = compiled.result(names, given)
    parts = [f"{one.text} AS {name}" for one, name in zip(aggregates, names, strict=True)]
    parts += [f"CAST('{value}' AS DOUBLE) AS {name}" for value, name in zip(builtins, given, strict=True)]
    values = [value for one in aggregates for value in one.values]
    statement = f"SELECT {result.text} FROM (SELECT count(*), {', '.join(parts)} FROM rows)"
    ((value,),) = query(statement, [*result.values, *values], relation(model, rows))
    return value


def query(statement: str, values: Sequence[Any], rows: pa.Table) -> list[Any]:
    cursor = _database().cursor()
    try:
        cursor.register("rows", rows)
        return cursor.execute(statement, list(values)).fetchall()
    finally:
        cursor.close()


@cache
def _database() -> duckdb.DuckDBPyConnection:
    return duckdb.connect(":memory:", config={"threads": 1})
