"""Bring an events file of an older version to today's format, in one transaction: a crash leaves the file as it was.

Format 0 is what versions wrote that kept no version. They had three schemas:

* up to commit 4501da5, events were found by looking through their table: `place` and `id_hash` are missing;
* up to commit 3702888 there were no patches, or positions came from the sequence `position`;
* commit 1c5bf5d is today's but for the format 1.

Format 1 adds the version of content hashes and the times of labels, and has canonical ids in numeric id columns.

Format 2 has epochs: up to format 1 each write had a position of its own, from one sequence. The last position becomes
every model's epoch, so the next job gets a larger one than anything that is stored. Tables and columns have new names.
Records of requests have the statuses of their events, of which a response is made when it is asked for.

Format 3 has changes, and keeps of an open job when it was accepted and the fence of its latest run. Formats before 2
kept no open jobs: each start opened those that had not ended.
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
from inference_events.stores.duckdb.rows import Rows
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
    """What the events file does not know of a model: its targets, and whether its ids are numbers."""

    targets: Collection[str] = ()
    has_numeric_ids: bool = False


@dataclass(frozen=True)
class Migration:
    """What a migration does: from which format to which, how many ids it changes, how many events it merges."""

    before: int
    after: int
    converted_ids: int = 0
    merged_events: int = 0


def plan_migration(path: Path, models: Mapping[str, ModelFacts]) -> Migration | None:
    """Return what `migrate` would do, None if nothing. It changes nothing. Raises StoreTooNew and StoreTooOld."""
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
    """Bring the file to today's format. Return what was done, None if nothing. Raises StoreTooNew and StoreTooOld.

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
    """Bring tables of format 0 to format 1. Return how many ids changed, and how many events were merged."""
    rows = Rows(db)
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
    """Start the models' epochs at the last position that the sequence gave, which is replaced by them."""
    sequences = dict(db.execute("SELECT sequence_name, last_value FROM duckdb_sequences()").fetchall())
    # A sequence gave its positions in blocks, so more of them may be in use than its last value says.
    last = max((value or 0 for value in sequences.values()), default=0) + POSITIONS_AT_ONCE
    db.execute("INSERT INTO clocks SELECT model_id, ? FROM models", [last])
    for name in sequences:
        db.execute(f"DROP SEQUENCE {name}")


def _start_changes(db: duckdb.DuckDBPyConnection, tables: Tables) -> None:
    """Let one change of each environment name the hours of all its events."""
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
    """Return the columns of a table of events. Raises StoreTooOld if it lacks one that a migration needs."""
    columns = _columns(db, table)
    renamed = {RENAMED.get(name, name) for name in columns}
    missing = {*EVENT_COLUMNS, *of_users} - NEW_COLUMNS - renamed
    if missing:
        raise StoreTooOld(f"its tables lack {', '.join(sorted(missing))}")
    return columns


def _give_row_keys(db: duckdb.DuckDBPyConnection, schema: TableSchema) -> None:
    """Number the rows of a table as they lie, and add the hashes by which they are found."""
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
