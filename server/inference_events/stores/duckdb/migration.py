"""Migrate an events file of an older version to the current format, in one transaction: a crash changes nothing.

Format 0 was written by the versions that stored no format. It has three schemas:

* up to commit 4501da5, look-ups scanned the table: the columns `place` and `id_hash` are missing;
* up to commit 3702888, there were no patches, or positions came from the sequence `position`;
* commit 1c5bf5d has the schema of format 1 without its additions.

Format 1 adds the version of content hashes and the label times, and has canonical ids in numeric id columns.

Format 2 has epochs: up to format 1 each write had its own position, from one sequence. The last position becomes the
epoch of every model, so the next job gets a larger epoch than any stored row. Tables and columns have new names.
Idempotency records have the statuses of their events, from which the response is made when it is needed.

Format 3 adds changes. It also stores when an open job was accepted and the fence of its latest run. Formats before 2
stored no open jobs: each start opened the unfinished ones.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
from duckdb.func import PythonUDFType

from inference_events.events.store_errors import StoreTooNew, StoreTooOld
from inference_events.stores.duckdb.canonical import convert_ids, find_conversion
from inference_events.stores.duckdb.deltas import delta_columns
from inference_events.stores.duckdb.epochs import OpenJob, insert_open_job
from inference_events.stores.duckdb.formats import FORMAT, set_format, stored_format
from inference_events.stores.duckdb.id_index import hash_ids
from inference_events.stores.duckdb.rows import EventRows
from inference_events.stores.duckdb.sql import EVENT_COLUMNS, SYSTEM_TABLES
from inference_events.stores.duckdb.table_schema import TableSchema
from inference_events.stores.duckdb.tables import Tables

MAX_COMPACTED = 1 << 13
POSITIONS_AT_ONCE = 1000
NEW_COLUMNS = {"hash_version"}
ROW_KEYS = {"row_key", "id_hash"}
RENAMED = {"place": "row_key", "position": "epoch", "touched": "column_epochs"}
RENAMED_SYSTEM_COLUMNS = {
    "columns": {"place": "ordinal", "retired": "dropped"},
    "job_progress": {"tallies": "counters"},
}


@dataclass(frozen=True)
class ModelFacts:
    """The facts about a model that the events file lacks: its targets, and whether its ids are numbers."""

    targets: Collection[str] = ()
    has_numeric_ids: bool = False


@dataclass(frozen=True)
class Migration:
    """Result of a migration: the formats before and after, and the numbers of changed ids and merged events."""

    before: int
    after: int
    converted_ids: int = 0
    merged_events: int = 0


def plan_migration(path: Path, models: Mapping[str, ModelFacts]) -> Migration | None:
    """Return what `migrate` would do, None if nothing. Raises StoreTooNew and StoreTooOld."""
    with duckdb.connect(str(path), read_only=True) as db:
        before = _outdated_format(db)
        if before is None:
            return None
        ids = [model_id for (model_id,) in db.execute("SELECT model_id FROM models").fetchall()]
        numbers = db.execute("SELECT model_id, number FROM columns").fetchall()
        for each in ids:
            _check_columns(
                db, TableSchema(each, 0).table, [f"c{number}" for model_id, number in numbers if model_id == each]
            )
        numeric = (each for each in ids if before == 0 and models.get(each, ModelFacts()).has_numeric_ids)
        tables = [TableSchema(each, 0).table for each in numeric]
        found = [find_conversion(db, table) for table in tables]
    return Migration(before, FORMAT, sum(len(each.converted) for each in found), sum(each.merged for each in found))


def migrate(path: Path, models: Mapping[str, ModelFacts], unfinished: Sequence[OpenJob]) -> Migration | None:
    """Migrate the file. Return what was done, None if nothing. Raises StoreTooNew and StoreTooOld.

    `unfinished` are the jobs that have not ended.
    """
    with duckdb.connect(str(path)) as db:
        before = _outdated_format(db)
        if before is None:
            return None
        db.begin()
        migration = _migrate(db, before, models, unfinished)
        db.commit()
    return migration


def _outdated_format(db: duckdb.DuckDBPyConnection) -> int | None:
    version = stored_format(db)
    if version is not None and version > FORMAT:
        raise StoreTooNew(version, FORMAT)
    return None if version == FORMAT else version


def _migrate(
    db: duckdb.DuckDBPyConnection, before: int, models: Mapping[str, ModelFacts], unfinished: Sequence[OpenJob]
) -> Migration:
    _change_system_tables(db)
    if before < 2:
        _start_epochs(db)
        for job in unfinished:
            insert_open_job(db, job)
    tables = Tables(db)
    for schema in tables.schemas.values():
        _rename_tables(db, schema)
    if before == 0:
        converted, merged = _add_labels(db, tables, models)
    else:
        converted = merged = 0
    _start_changes(db, tables)
    set_format(db)
    return Migration(before, FORMAT, converted, merged)


def _add_labels(db: duckdb.DuckDBPyConnection, tables: Tables, models: Mapping[str, ModelFacts]) -> tuple[int, int]:
    """Convert tables from format 0 to format 1. Return how many ids changed and how many events were merged."""
    rows = EventRows(db)
    converted = merged = 0
    for schema in list(tables.schemas.values()):
        facts = models.get(schema.model_id, ModelFacts())
        _change_tables(db, schema)
        if not facts.targets and not facts.has_numeric_ids:
            continue
        while rows.compact(schema, MAX_COMPACTED):
            pass
        if facts.has_numeric_ids:
            conversion = find_conversion(db, schema.table)
            convert_ids(db, schema, conversion)
            converted += len(conversion.converted)
            merged += conversion.merged
        tables.define(schema.model_id, schema.revision, schema.arrow, facts.targets)
        rows.forget(schema.model_id)
    return converted, merged


def _change_system_tables(db: duckdb.DuckDBPyConnection) -> None:
    for table, names in RENAMED_SYSTEM_COLUMNS.items():
        _rename_columns(db, table, names)
    db.execute(SYSTEM_TABLES)
    db.execute("ALTER TABLE job_progress ADD COLUMN IF NOT EXISTS counters VARCHAR DEFAULT '{}'")
    db.execute("ALTER TABLE records ADD COLUMN IF NOT EXISTS statuses BLOB")
    db.execute("ALTER TABLE columns ADD COLUMN IF NOT EXISTS labelled BOOLEAN DEFAULT FALSE")
    for name in ("fence", "accepted_at"):
        db.execute(f"ALTER TABLE open_jobs ADD COLUMN IF NOT EXISTS {name} BIGINT DEFAULT 0")


def _start_epochs(db: duckdb.DuckDBPyConnection) -> None:
    """Replace the sequence of positions by epochs, which start at its last position."""
    sequences = dict(db.execute("SELECT sequence_name, last_value FROM duckdb_sequences()").fetchall())
    # Positions were taken in blocks, so some beyond the sequence's last value may be in use.
    last = max((value or 0 for value in sequences.values()), default=0) + POSITIONS_AT_ONCE
    db.execute("INSERT INTO clocks SELECT model_id, ? FROM models", [last])
    for name in sequences:
        db.execute(f"DROP SEQUENCE {name}")


def _start_changes(db: duckdb.DuckDBPyConnection, tables: Tables) -> None:
    """Insert one change for each environment, with the hours of all its events."""
    for schema in tables.schemas.values():
        first, last = (f"floor(epoch({bound}(timestamp)) / 3600)" for bound in ("min", "max"))
        db.execute(
            f"INSERT INTO changes SELECT (SELECT count(*) FROM changes) + row_number() OVER (), ?, environment_id,"
            f" {first}, {last}, 1 FROM {schema.table} GROUP BY environment_id",
            [schema.model_id],
        )


def _rename_tables(db: duckdb.DuckDBPyConnection, schema: TableSchema) -> None:
    before = schema.deltas.replace("deltas_", "patches_")
    if _columns(db, before):
        db.execute(f"ALTER TABLE {before} RENAME TO {schema.deltas}")
    for table in (schema.table, schema.deltas):
        _rename_columns(db, table, RENAMED)


def _rename_columns(db: duckdb.DuckDBPyConnection, table: str, names: Mapping[str, str]) -> None:
    for name in names.keys() & set(_columns(db, table)):
        db.execute(f"ALTER TABLE {table} RENAME COLUMN {name} TO {names[name]}")


def _change_tables(db: duckdb.DuckDBPyConnection, schema: TableSchema) -> None:
    columns = _check_columns(db, schema.table, schema.sql_columns)
    if set(columns) >= ROW_KEYS:
        db.execute(f"ALTER TABLE {schema.table} ADD COLUMN hash_version {EVENT_COLUMNS['hash_version']}")
    else:
        _give_row_keys(db, schema)
    patches = delta_columns(schema)
    found = _columns(db, schema.deltas)
    if not found:
        Tables.create(db, schema.deltas, patches)
    elif set(found) != patches.keys():
        raise StoreTooOld("its tables of patches have other columns")


def _check_columns(db: duckdb.DuckDBPyConnection, table: str, of_users: Collection[str]) -> list[str]:
    """Return the columns of an event table. Raises StoreTooOld if it lacks one that the migration needs."""
    columns = _columns(db, table)
    renamed = {RENAMED.get(name, name) for name in columns}
    missing = {*EVENT_COLUMNS, *of_users} - NEW_COLUMNS - renamed
    if missing:
        raise StoreTooOld(f"its tables lack {', '.join(sorted(missing))}")
    return columns


def _give_row_keys(db: duckdb.DuckDBPyConnection, schema: TableSchema) -> None:
    """Number the rows of a table in their stored order, and add the hashes of their ids."""
    Tables.create(db, "rebuilt", Tables.columns(schema))
    db.create_function("id_hash", _id_hashes, ["VARCHAR", "VARCHAR"], "UBIGINT", type=PythonUDFType.ARROW)
    db.execute(
        "INSERT INTO rebuilt BY NAME SELECT row_number() OVER () - 1 AS row_key,"
        f" id_hash(environment_id, event_id) AS id_hash, e.* FROM {schema.table} e"
    )
    db.remove_function("id_hash")
    db.execute(f"DROP TABLE {schema.table}")
    db.execute(f"ALTER TABLE rebuilt RENAME TO {schema.table}")


def _id_hashes(environment_ids: pa.ChunkedArray, event_ids: pa.ChunkedArray) -> pa.Array:
    environments, ids = np.array(environment_ids.to_pylist()), event_ids.combine_chunks()
    hashes = np.zeros(len(ids), np.uint64)
    for environment_id in np.unique(environments).tolist():
        rows = environments == environment_id
        hashes[rows] = hash_ids(environment_id, ids.filter(pa.array(rows)))
    return pa.array(hashes)


def _columns(db: duckdb.DuckDBPyConnection, table: str) -> list[str]:
    named = db.execute("SELECT column_name FROM duckdb_columns() WHERE table_name = ?", [table]).fetchall()
    return [name for (name,) in named]
