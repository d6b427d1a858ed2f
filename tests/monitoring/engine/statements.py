"""Statements and schemas as tests write them."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import pyarrow as pa

from inference_events.models.schema import Column, ModelSchema
from inference_events.monitoring import engine
from inference_events.monitoring.engine import Computation
from tests.stores.opened import MODEL, Opened

Rows = list[tuple[Any, ...]]


class Statement(NamedTuple):
    text: str
    values: tuple[Any, ...] = ()


class Condition(NamedTuple):
    """A segment. `template` has `{}` in the place of each of its columns."""

    template: str
    columns: tuple[str, ...] = ()
    values: tuple[Any, ...] = ()

    def sql(self, column: Callable[[str], str]) -> Statement:
        return Statement(self.template.format(*map(column, self.columns)), self.values)


def schema_of(opened: Opened) -> ModelSchema:
    """Return the schema of the model that a store has."""
    return model_schema_of(opened.schema, opened.revision)


def model_schema_of(arrow: pa.Schema, revision: int = 1) -> ModelSchema:
    columns = tuple(Column(field.name, field.type, field.type, updatable=True) for field in arrow)
    return ModelSchema(MODEL, revision, columns, None, None, None, is_ranking=False)


def read(computation: Computation, text: str, *values: Any) -> Rows:
    """Execute a statement that reads no rows of the store."""
    return rows_of(computation.run(text, values))


def aggregate(rows: engine.Rows, expressions: Sequence[Statement]) -> pa.Table:
    """Return aggregates of each bin that has rows, by bin: `bin`, and `a0`, `a1` … for the expressions."""
    columns = ["bin", *(f"{each.text} AS a{number}" for number, each in enumerate(expressions))]
    values = tuple(value for each in expressions for value in each.values)
    return rows.query(Statement(f"SELECT {', '.join(columns)} FROM rows GROUP BY bin", values)).sort_by("bin")


def rows_of(table: pa.Table) -> Rows:
    """Return the rows of a table, sorted."""
    return sorted(zip(*(column.to_pylist() for column in table.columns), strict=True), key=repr)
