"""Deltas: updates of rows in a table of their own, merged on read until a compaction rewrites the rows.

Rewriting a row writes all its columns, and each column is in a separate block. A delta has only the columns that an
update carries: `changed` lists their names, and the delta's violations are those of these columns. Its system columns
override the row's if they are not null. A row has at most one delta.

The time at which a target got its first value counts in the delta only if the row has none. Reads choose between the
two, so an update need not read the row.

Deltas never change the columns by which events are selected and sorted. So rows are selected first and merged with
their deltas afterwards.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from inference_events.events.merging import StoredRows
from inference_events.events.types import UNKNOWN_TIME, Mask
from inference_events.stores.duckdb.sql import EVENT_COLUMNS, literal
from inference_events.stores.duckdb.table_schema import StoredColumn, TableSchema

UNKNOWN = f"make_timestamp({UNKNOWN_TIME})"
OVERRIDDEN = ("undeclared", "violations", "updated_at", "epoch", "column_epochs")
VIOLATIONS = """CASE WHEN p.row_key IS NULL THEN e.violations ELSE
    list_filter(e.violations, lambda v: NOT list_contains(p.changed, v."column")) || coalesce(p.violations, [])
END AS violations"""


def delta_columns(schema: TableSchema) -> dict[str, str]:
    """Return the columns of the delta table with their types, including dropped ones: earlier readers need those."""
    system = {name: EVENT_COLUMNS[name] for name in OVERRIDDEN}
    return {"row_key": "BIGINT", "changed": "VARCHAR[]"} | system | schema.sql_columns


def selected_rows(schema: TableSchema, columns: Iterable[str], where: str) -> str:
    """Return a query for rows of the event table, with what `latest` needs for these columns.

    `where` is a condition on the table, which is `e`. The query names no other columns: each costs time, even unread.
    """
    declared = _by_sql_name(schema)
    own = [name for column in columns for name in _sources(column, declared)]
    selected = ", ".join(f"e.{name}" for name in dict.fromkeys(["row_key", *own]))
    return f"SELECT {selected} FROM {schema.table} e WHERE {where}"


def latest(schema: TableSchema, columns: Sequence[str], rows: str, changed: Collection[str] | None = None) -> str:
    """Return a query for columns of rows, merged with their deltas.

    `rows` is a query for rows of the event table. It is `e` in the result, and the delta table is `p`. `changed` names
    the declared columns that any delta changes, None means all.
    """
    declared = _by_sql_name(schema)
    merged = None if changed is None else set(changed)
    selected = ", ".join(
        _latest(column, declared)
        if merged is None or column not in declared or declared[column].name in merged
        else _unchanged(column, declared[column])
        for column in columns
    )
    joined = f" LEFT JOIN {schema.deltas} p ON p.row_key = e.row_key" if "p." in selected else ""
    return f"SELECT {selected} FROM ({rows}) e{joined}"


def own_columns(schema: TableSchema, merged: Collection[str]) -> list[str]:
    """Return the delta's own columns for `latest`, null for a row without a delta; columns in `merged` are merged."""
    system = (name if name in merged else f"p.{name}" for name in OVERRIDDEN)
    return ["p.changed", *system, *(f"p.{name}" for column in schema.declared for name in column.sql_columns)]


def make_deltas(
    schema: TableSchema,
    stored: pa.Table,
    rows: StoredRows,
    carried: Mapping[str, Mask],
) -> pa.Table:
    """Make one delta for each stored row, in their order.

    `rows` has the contents of the deltas and `carried` marks the new values. `stored` has each row's row_key and the
    columns that its earlier delta changed.
    """
    columns = {"row_key": stored["row_key"], "changed": _changed(schema, stored["changed"], carried)}
    columns |= {name: rows.system[name] for name in OVERRIDDEN}
    columns |= zip((column.sql_name for column in schema.declared), rows.values.columns, strict=True)
    columns |= {column.label_name: rows.labels[column.name] for column in schema.labelled}
    return pa.table(columns)


def _latest(column: str, declared: Mapping[str, StoredColumn]) -> str:
    if column == "violations":
        return VIOLATIONS
    if column in OVERRIDDEN:
        return f"coalesce(p.{column}, e.{column}) AS {column}"
    if column in declared:
        values, labels = declared[column].sql_name, declared[column].label_name
        if column == labels:
            # A value without a time was written before label times were stored.
            return f"coalesce(e.{labels}, CASE WHEN e.{values} IS NOT NULL THEN {UNKNOWN} END, p.{labels}) AS {labels}"
        changed = f"list_contains(p.changed, {literal(declared[column].name)})"
        return f"CASE WHEN {changed} THEN p.{column} ELSE e.{column} END AS {column}"
    return f"e.{column}" if column.isidentifier() else column


def _unchanged(name: str, column: StoredColumn) -> str:
    if name != column.label_name:
        return f"e.{name}"
    return f"coalesce(e.{name}, CASE WHEN e.{column.sql_name} IS NOT NULL THEN {UNKNOWN} END) AS {name}"


def _by_sql_name(schema: TableSchema) -> dict[str, StoredColumn]:
    return {name: column for column in schema.declared for name in column.sql_columns}


def _sources(column: str, declared: Mapping[str, StoredColumn]) -> list[str]:
    """Return the columns of the event table behind a column. An expression has none."""
    if column in declared:
        return [declared[column].sql_name, column]
    return [column] if column.isidentifier() else []


def _changed(schema: TableSchema, before: pa.ChunkedArray, carried: Mapping[str, Mask]) -> pa.ListArray:
    names = pa.array(schema.arrow.names, pa.string())
    is_changed = np.zeros((len(before), len(names)), bool)
    for number, name in enumerate(schema.arrow.names):
        if name in carried:
            is_changed[:, number] = carried[name]
    lists = before.combine_chunks()
    is_changed[pc.list_parent_indices(lists), pc.index_in(lists.flatten(), names)] = True
    offsets = np.concatenate([[0], np.cumsum(is_changed.sum(axis=1))]).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), names.take(pa.array(np.nonzero(is_changed)[1])))
