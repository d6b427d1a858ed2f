"""Read pages of events and count them, each from one snapshot.

With filters, the rows that match are found first, by the few columns that the filters need. Then all columns are read
of these rows only.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import duckdb
import orjson
import pyarrow as pa

from inference_events import exact_json
from inference_events.events.filters import compared_columns, system_columns, undeclared_columns
from inference_events.events.store_errors import SearchTimeout
from inference_events.events.types import MatchCount, Query, StoredEvents, Traffic
from inference_events.interrupting import interrupting
from inference_events.stores.duckdb.changes import data_revision
from inference_events.stores.duckdb.deltas import latest, selected_rows
from inference_events.stores.duckdb.snapshots import check_revision
from inference_events.stores.duckdb.sql import arrow, conditions, declared_values
from inference_events.stores.duckdb.table_schema import StoredColumn, TableSchema
from inference_events.stores.filtering import conjunction

READ_COLUMNS = ("event_id", "timestamp", "received_at", "updated_at", "undeclared", "violations")
COUNTED_ROWS = 65_536


def read_events(db: duckdb.DuckDBPyConnection, schema: TableSchema, query: Query) -> StoredEvents:
    """Return the events that a query selects. Raises ModelUnknown, RevisionChanged and SearchTimeout."""
    with _snapshot(db, schema, query):
        wanted = _wanted(schema, query)
        label_names = [column.label_name for column in schema.labelled]
        columns = [*READ_COLUMNS, *(column.sql_name for column in (*wanted, *schema.dropped)), *label_names]
        direction = "DESC" if query.is_descending else "ASC"
        order = f" ORDER BY e.timestamp {direction}, e.event_id {direction} LIMIT ?"
        matching, parameters = _matching(schema, query, order)
        rows = selected_rows(schema, columns, f"e.rowid IN ({matching})")
        with _interrupted(db, query.deadline):
            text = latest(schema, columns, rows, _changed_columns(db, schema))
            found = _ordered(arrow(db, text, [*parameters, query.limit]), query)
    return _stored_events(found, schema, wanted)


def count_matches(db: duckdb.DuckDBPyConnection, schema: TableSchema, query: Query, most: int | None) -> MatchCount:
    """Count the events that a query selects. Raises ModelUnknown and RevisionChanged."""
    total = 0
    with _snapshot(db, schema, query):
        rows, parameters = _matching(schema, replace(query, after=None), "" if most is None else f" LIMIT {most + 1}")
        try:
            with _interrupted(db, query.deadline):
                # As a stream, so that the rows that were found count if the time is up.
                reader = db.sql(f"SELECT true FROM ({rows})", params=parameters).to_arrow_reader(COUNTED_ROWS)
                with reader:
                    for batch in reader:
                        total += len(batch)
        except SearchTimeout:
            return MatchCount(total, is_exact=False)
    return MatchCount(total, is_exact=True) if most is None or total <= most else MatchCount(most, is_exact=False)


def read_traffic(
    db: duckdb.DuckDBPyConnection, schema: TableSchema, environment_id: str, start: int | None, end: int | None
) -> Traffic:
    """Return the traffic of an environment."""
    where, parameters = conditions(Query(schema.model_id, environment_id, 0, start=start, end=end))
    text = f"SELECT count(*), epoch_us(max(e.timestamp)) FROM {schema.table} e WHERE {where}"
    db.begin()
    try:
        [(events, newest)] = db.execute(text, parameters).fetchall()
        return Traffic(events, newest, data_revision(db, schema.model_id, environment_id))
    finally:
        db.rollback()


def _matching(schema: TableSchema, query: Query, end: str) -> tuple[str, list[Any]]:
    """Return the query for the row ids of the events that match. `end` has its order and limit."""
    where, parameters = conditions(query)
    if not query.filters:
        return f"SELECT e.rowid FROM {schema.table} e WHERE {where}{end}", parameters
    compared, looked_for = compared_columns(query.filters), undeclared_columns(query.filters)
    declared = {column.name: column.sql_name for column in schema.declared if column.name in compared}
    dropped = {column.name: column.sql_name for column in schema.dropped if column.name in looked_for}
    columns = ["rowid", "timestamp", "event_id", *system_columns(query.filters), *declared.values(), *dropped.values()]
    selected = latest(schema, columns, selected_rows(schema, columns, where))
    matches, values = conjunction(query.filters, declared, dropped)
    # The values of `matches` come after those of `where`, which is nested in it.
    return f"SELECT e.rowid FROM ({selected}) e WHERE {matches}{end}", [*parameters, *values]


def _changed_columns(db: duckdb.DuckDBPyConnection, schema: TableSchema) -> set[str]:
    """Return the names of the columns that deltas change. To merge the others, too, would take as long for each."""
    return {name for (name,) in db.execute(f"SELECT DISTINCT unnest(changed) FROM {schema.deltas}").fetchall()}


def _ordered(rows: pa.Table, query: Query) -> pa.Table:
    """Sort the rows of a page. The engine would take minutes for 1,000 rows of 10,000 columns."""
    direction = "descending" if query.is_descending else "ascending"
    return rows.sort_by([("timestamp", direction), ("event_id", direction)])


def _wanted(schema: TableSchema, query: Query) -> list[StoredColumn]:
    if query.columns is None:
        return list(schema.declared)
    by_name = {column.name: column for column in schema.declared}
    return [by_name[name] for name in query.columns]


@contextmanager
def _snapshot(db: duckdb.DuckDBPyConnection, schema: TableSchema, query: Query) -> Iterator[None]:
    """Let all statements see one moment, in which the model has the query's revision, and know the query's ids."""
    if query.event_ids is not None:
        db.register("wanted", pa.table({"event_id": pa.array(query.event_ids, pa.string())}))
    db.begin()
    try:
        if query.revision is not None:
            check_revision(db, schema, query.revision)
        yield
    finally:
        db.rollback()


@contextmanager
def _interrupted(db: duckdb.DuckDBPyConnection, deadline: float) -> Iterator[None]:
    """Raise SearchTimeout in the block at the deadline."""
    if deadline == float("inf"):
        yield
        return
    if time.monotonic() >= deadline:
        raise SearchTimeout
    try:
        with interrupting(db.interrupt, lambda: time.monotonic() >= deadline, "search-watchdog"):
            yield
    except duckdb.InterruptException:
        raise SearchTimeout from None


def _stored_events(rows: pa.Table, schema: TableSchema, columns: Sequence[StoredColumn]) -> StoredEvents:
    system = rows.select(list(READ_COLUMNS))
    if schema.dropped:
        kept = zip(system["undeclared"].to_pylist(), _dropped_values(rows, schema), strict=True)
        merged = [_json(old | (exact_json.loads(text) if text else {})) for text, old in kept]
        system = system.set_column(4, "undeclared", pa.array(merged, pa.string()))
    labelled_at = pa.table({column.name: rows[column.label_name] for column in schema.labelled})
    return StoredEvents(system, declared_values(rows, columns), labelled_at)


def _dropped_values(rows: pa.Table, schema: TableSchema) -> Iterator[dict[str, Any]]:
    names = [column.name for column in schema.dropped]
    columns = [rows[column.sql_name].to_pylist() for column in schema.dropped]
    for values in zip(*columns, strict=True):
        yield {name: value for name, value in zip(names, values, strict=True) if value is not None}


def _json(extra: dict[str, Any]) -> str | None:
    return exact_json.dumps(extra, option=orjson.OPT_NAIVE_UTC | orjson.OPT_UTC_Z).decode() if extra else None
