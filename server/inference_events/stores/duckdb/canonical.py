"""Give the events of numeric id columns their canonical ids: 7 for "7.0" and " 7".

Events that get the same id become one event, as if they had been published one after another in the order of their
epochs. Few ids change in most tables, so only the rows that change are read: SQL finds them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import duckdb
import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from inference_events.events.ingest.number_text import canonical_id
from inference_events.events.merging import RowNumbers, deduplicate
from inference_events.events.types import EventBatch, Mask
from inference_events.stores.duckdb.id_index import hash_ids
from inference_events.stores.duckdb.sql import arrow, declared_values, number, registered
from inference_events.stores.duckdb.table_schema import TableSchema

CANONICAL = "0|-?[1-9][0-9]*"
READ_ROWS = 100_000
RENAMED_ROWS = 1 << 18
MERGED_ROWS = 1 << 16
CONVERTED = pa.schema([("row", pa.int64()), ("environment_id", pa.string()), ("event_id", pa.string())])


@dataclass(frozen=True)
class Conversion:
    """The rows whose ids change, and the `members` of groups of rows that get the same id.

    Both are tables of rowid, environment and new id. `groups` counts the groups.
    """

    converted: pa.Table
    members: pa.Table
    groups: int

    @property
    def merged(self) -> int:
        """Return how many events become part of another event."""
        return len(self.members) - self.groups


def find_conversion(db: duckdb.DuckDBPyConnection, table: str) -> Conversion:
    """Find the ids that must change in a table of events. Nothing is written."""
    converted = pa.Table.from_batches(_converted(db, table), CONVERTED)
    if not len(converted):
        return Conversion(converted, converted, 0)
    with registered(db, converted=converted):
        twins = arrow(
            db,
            "SELECT environment_id, event_id FROM converted GROUP BY ALL HAVING count(*) > 1 UNION"
            f" SELECT environment_id, event_id FROM converted SEMI JOIN {table} e USING (environment_id, event_id)",
        )
        with registered(db, twins=twins):
            members = arrow(
                db,
                "SELECT row, environment_id, event_id FROM converted SEMI JOIN twins USING (environment_id, event_id)"
                f" UNION ALL SELECT e.rowid, e.environment_id, e.event_id FROM {table} e"
                " SEMI JOIN twins USING (environment_id, event_id) ORDER BY environment_id, event_id",
            )
    return Conversion(converted, members, len(twins))


def convert_ids(
    db: duckdb.DuckDBPyConnection, schema: TableSchema, conversion: Conversion, merged_rows: int = MERGED_ROWS
) -> None:
    """Change the ids of a table of events that has no deltas, and merge the events that get the same id.

    About `merged_rows` rows are merged at a time. The table has no label times: the next format added them.
    """
    is_member = pc.is_in(conversion.converted["row"], conversion.members["row"])
    _rename(db, schema, conversion.converted.filter(pc.invert(is_member)))
    for environment_id, members in _slices(conversion.members, merged_rows):
        _merge(db, schema, environment_id, members)


def _converted(db: duckdb.DuckDBPyConnection, table: str) -> Iterator[pa.RecordBatch]:
    others = f"SELECT rowid, environment_id, event_id FROM {table} WHERE NOT regexp_full_match(event_id, '{CANONICAL}')"
    for batch in db.sql(others).to_arrow_reader(READ_ROWS):
        before = batch["event_id"]
        ids = pa.array([canonical_id(text) for text in before.to_pylist()], pa.string())
        renamed = pa.RecordBatch.from_arrays([batch["rowid"], batch["environment_id"], ids], schema=CONVERTED)
        yield renamed.filter(pc.not_equal(ids, before))


def _rename(db: duckdb.DuckDBPyConnection, schema: TableSchema, converted: pa.Table) -> None:
    for environment_id in converted["environment_id"].unique().to_pylist():
        rows = converted.filter(pc.equal(converted["environment_id"], environment_id))
        for start in range(0, len(rows), RENAMED_ROWS):
            renamed = rows.slice(start, RENAMED_ROWS)
            hashes = hash_ids(environment_id, renamed["event_id"].combine_chunks())
            with registered(db, renamed=renamed.append_column("id_hash", pa.array(hashes))):
                db.execute(
                    f"UPDATE {schema.table} e SET event_id = r.event_id, id_hash = r.id_hash"
                    " FROM renamed r WHERE e.rowid = r.row"
                )


def _slices(members: pa.Table, size: int) -> Iterator[tuple[str, pa.Table]]:
    """Cut members, sorted by environment and id, into slices of whole groups of one environment."""
    for environment_id in members["environment_id"].unique().to_pylist():
        rows = members.filter(pc.equal(members["environment_id"], environment_id))
        groups = EventBatch(0, rows, rows, {}, 0).groups
        start = 0
        while start < len(rows):
            end = min(start + size, len(rows))
            end = int(np.searchsorted(groups, groups[end - 1], "right"))
            yield environment_id, rows.slice(start, end - start)
            start = end


def _merge(db: duckdb.DuckDBPyConnection, schema: TableSchema, environment_id: str, members: pa.Table) -> None:
    with registered(db, members=members):
        rows = arrow(
            db,
            f"SELECT e.*, m.event_id AS new_id FROM {schema.table} e JOIN members m ON e.rowid = m.row"
            " ORDER BY e.epoch, e.row_key",
        )
        db.execute(f"DELETE FROM {schema.table} WHERE rowid IN (SELECT row FROM members)")
    merged = _merged(schema, rows)
    first = number(db, f"SELECT coalesce(max(row_key), -1) + 1 FROM {schema.table}")
    hashes = hash_ids(environment_id, merged["event_id"].combine_chunks())
    merged = merged.append_column("row_key", pa.array(np.arange(first, first + len(merged))))
    with registered(db, merged=merged.append_column("id_hash", pa.array(hashes))):
        db.execute(f"INSERT INTO {schema.table} BY NAME SELECT * FROM merged")


def _merged(schema: TableSchema, rows: pa.Table) -> pa.Table:
    """Return the events that rows become. The rows are in the order in which they were written."""
    names = [column.sql_name for column in schema.stored]
    system = rows.drop_columns([*names, "row_key", "id_hash", "new_id"])
    system = _replace(system, "event_id", rows["new_id"])
    # An event that was sent without a time has the time of its receipt.
    is_sent = pc.not_equal(rows["timestamp"], rows["received_at"])
    system = _replace(system, "timestamp", pc.if_else(is_sent, rows["timestamp"], None))
    values = declared_values(rows, schema.stored)
    carried = {name: _is_carried(values, name, rows["violations"].to_pylist()) for name in values.column_names}
    batch = EventBatch(schema.revision, system, values, carried, 0)
    merged = deduplicate(batch).batch
    system = _replace(merged.system, "timestamp", pc.coalesce(merged.system["timestamp"], merged.system["received_at"]))
    system = _replace(system, "updated_at", _last_changes(batch, rows, len(system)))
    system = _replace(system, "column_epochs", _all_notes(batch, len(system)))
    columns = dict(zip(system.column_names, system.columns, strict=True))
    return pa.table(columns | dict(zip(names, merged.values.columns, strict=True)))


def _is_carried(values: pa.Table, name: str, violations: list[list[Mapping[str, Any]]]) -> Mask:
    is_carried: Mask = values[name].is_valid().to_numpy().copy()
    is_mistyped = [any(v["column"] == name and v["kind"] == "type" for v in found) for found in violations]
    is_carried |= np.array(is_mistyped, bool)
    return is_carried


def _last_changes(batch: EventBatch, rows: pa.Table, count: int) -> pa.Array:
    """Return when each event last changed: when the last of its rows was received or changed."""
    changed = pc.fill_null(rows["updated_at"].cast(pa.int64()), 0).to_numpy()
    received = rows["received_at"].cast(pa.int64()).to_numpy().copy()
    received[np.unique(batch.groups, return_index=True)[1]] = 0
    last: RowNumbers = np.zeros(count, np.int64)
    np.maximum.at(last, batch.groups, np.maximum(changed, received))
    return pa.array(last, mask=last == 0).cast(rows.schema.field("updated_at").type)


def _all_notes(batch: EventBatch, count: int) -> pa.Array:
    """Return the column epochs of all rows of each event: open jobs need them to see later writes."""
    notes: list[dict[str, int]] = [{} for _ in range(count)]
    for group, note in zip(batch.groups.tolist(), batch.system["column_epochs"].to_pylist(), strict=True):
        for name, epoch in orjson.loads(note or "{}").items():
            notes[group][name] = max(epoch, notes[group].get(name, 0))
    return pa.array([orjson.dumps(note).decode() if note else None for note in notes], pa.string())


def _replace(table: pa.Table, name: str, column: pa.ChunkedArray | pa.Array) -> pa.Table:
    return table.set_column(table.schema.get_field_index(name), name, column)
