"""The event store on DuckDB: one file, one table per model, one thread that writes.

A write is durable when its transaction is committed: DuckDB syncs its write-ahead log at every commit. Reads run
on cursors of their own and see the last commit.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from inference_events.events.group_commit import GroupCommitter
from inference_events.events.layout import Change, Layout, StoredColumn
from inference_events.events.merge import (
    Folded,
    Found,
    Places,
    Stamp,
    append_statuses,
    fold,
    overlay,
    publish_statuses,
    take_rows,
    touches,
    update_statuses,
)
from inference_events.events.store import (
    SYSTEM_SCHEMA,
    TIMESTAMP,
    ContentConflict,
    Deletion,
    EventBatch,
    JobProgress,
    LossyRetyping,
    ModelUnknown,
    Query,
    RejectedRow,
    RetryRecord,
    RevisionChanged,
    RowStatus,
    Statuses,
    StoredEvents,
    Write,
    WriteKind,
    counts,
)

SYSTEM_TABLES = """
CREATE SEQUENCE IF NOT EXISTS position;
CREATE TABLE IF NOT EXISTS models (model_id VARCHAR, revision BIGINT);
CREATE TABLE IF NOT EXISTS columns (
    model_id VARCHAR, place BIGINT, number BIGINT, name VARCHAR, sql_type VARCHAR, retired BOOLEAN
);
CREATE TABLE IF NOT EXISTS job_progress (job_id VARCHAR, next_row BIGINT, counts VARCHAR);
CREATE TABLE IF NOT EXISTS rejected_rows (job_id VARCHAR, row BIGINT, reason VARCHAR, message VARCHAR);
CREATE TABLE IF NOT EXISTS records (
    token_id VARCHAR, method VARCHAR, path VARCHAR, idempotency_key VARCHAR, body_digest BLOB, answer BLOB,
    created_at BIGINT
);
"""
EVENT_COLUMNS = {
    "event_id": "VARCHAR",
    "timestamp": "TIMESTAMP",
    "received_at": "TIMESTAMP",
    "content_hash": "UBIGINT",
    "undeclared": "VARCHAR",
    "violations": 'STRUCT("column" VARCHAR, kind VARCHAR, "value" VARCHAR)[]',
    "environment_id": "VARCHAR",
    "updated_at": "TIMESTAMP",
    "position": "BIGINT",
    "touched": "VARCHAR",
}
SYSTEM_COLUMNS = ", ".join(f"e.{name}" for name in EVENT_COLUMNS)
MOST_ALTERS = 100
CHANGES = (RowStatus.CREATED, RowStatus.REPLACED, RowStatus.UPDATED)
READ_COLUMNS = "e.event_id, e.timestamp, e.received_at, e.updated_at, e.undeclared, e.violations"


@dataclass(frozen=True)
class _Define:
    model_id: str
    revision: int
    schema: pa.Schema


@dataclass(frozen=True)
class _Drop:
    model_id: str


@dataclass(frozen=True)
class _Position:
    model_id: str


@dataclass(frozen=True)
class _Purge:
    before: int


class DuckDBEventStore:
    """`EventStore` on one DuckDB file, which this process alone may open."""

    def __init__(self, path: Path) -> None:
        self._db = duckdb.connect(str(path))
        self._db.execute(SYSTEM_TABLES)
        self._open_positions: dict[str, set[int]] = {}
        layouts = {layout.model_id: layout for layout in _load_layouts(self._db)}
        self._writer = _Writer(self._db.cursor(), layouts, self._open_positions)
        self._committer = GroupCommitter(self._writer)

    def define(self, model_id: str, revision: int, schema: pa.Schema) -> Future[None]:
        return self._committer.submit(_Define(model_id, revision, schema))

    def drop(self, model_id: str) -> Future[None]:
        return self._committer.submit(_Drop(model_id))

    def write(self, write: Write) -> Future[Statuses]:
        return self._committer.submit(write)

    def delete(self, deletion: Deletion) -> Future[int]:
        return self._committer.submit(deletion)

    def position(self, model_id: str) -> Future[int]:
        return self._committer.submit(_Position(model_id))

    def resume(self, model_id: str, position: int) -> None:
        self._open_positions.setdefault(model_id, set()).add(position)

    def settle(self, model_id: str, position: int) -> None:
        self._open_positions.get(model_id, set()).discard(position)

    def purge_records(self, before: int) -> Future[None]:
        return self._committer.submit(_Purge(before))

    def read(self, query: Query) -> StoredEvents:
        layout = self._layout(query.model_id)
        where, parameters = _conditions(query)
        columns = "".join(f", e.{column.sql_name}" for column in layout.columns)
        with self._cursor() as cursor:
            if query.event_ids is not None:
                cursor.register("wanted", pa.table({"event_id": pa.array(query.event_ids, pa.string())}))
            rows = _arrow(
                cursor,
                f"SELECT {READ_COLUMNS}{columns} FROM {layout.table} e WHERE {where}"
                " ORDER BY e.timestamp, e.event_id LIMIT ?",
                [*parameters, query.limit],
            )
        return _stored_events(rows, layout)

    def count(self, model_id: str, environment_id: str) -> int:
        table = self._layout(model_id).table
        with self._cursor() as cursor:
            return _number(cursor, f"SELECT count(*) FROM {table} WHERE environment_id = ?", [environment_id])

    def progress(self, job_id: str) -> JobProgress:
        with self._cursor() as cursor:
            return _progress(cursor, job_id)

    def rejected_rows(self, job_id: str, offset: int, limit: int) -> tuple[list[RejectedRow], int]:
        with self._cursor() as cursor:
            total = _number(cursor, "SELECT count(*) FROM rejected_rows WHERE job_id = ?", [job_id])
            rows = cursor.execute(
                "SELECT row, reason, message FROM rejected_rows WHERE job_id = ? ORDER BY row LIMIT ? OFFSET ?",
                [job_id, limit, offset],
            ).fetchall()
        return [RejectedRow(*row) for row in rows], total

    def find_record(
        self, token_id: str, method: str, path: str, idempotency_key: str | None, body_digest: bytes
    ) -> RetryRecord | None:
        same: tuple[str, bytes | str] = ("idempotency_key IS NULL AND body_digest = ?", body_digest)
        if idempotency_key is not None:
            same = ("idempotency_key = ?", idempotency_key)
        with self._cursor() as cursor:
            rows = cursor.execute(
                f"SELECT * FROM records WHERE {same[0]} AND token_id = ? AND method = ? AND path = ?"
                " ORDER BY created_at DESC LIMIT 1",
                [same[1], token_id, method, path],
            ).fetchall()
        return RetryRecord(*rows[0]) if rows else None

    def answers(self) -> bool:
        with self._cursor() as cursor:
            return _number(cursor, "SELECT 1") == 1

    def close(self) -> None:
        self._committer.stop()
        self._db.close()

    def _layout(self, model_id: str) -> Layout:
        return _layout(self._writer.committed, model_id)

    @contextmanager
    def _cursor(self) -> Iterator[duckdb.DuckDBPyConnection]:
        cursor = self._db.cursor()
        try:
            yield cursor
        except duckdb.CatalogException as error:
            # Only tables of events go, between the look at the layout and the query.
            raise ModelUnknown from error
        finally:
            cursor.close()


class _Writer:
    """Does the work of the committer's thread on one connection. `committed` are the layouts that readers see."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        layouts: dict[str, Layout],
        open_positions: dict[str, set[int]],
    ) -> None:
        self.committed = layouts
        self._layouts = dict(layouts)
        self._db = connection
        self._open_positions = open_positions

    def begin(self) -> None:
        self._layouts = dict(self.committed)
        self._db.begin()

    def commit(self) -> None:
        self._db.commit()
        self.committed = self._layouts

    def rollback(self) -> None:
        self._db.rollback()

    def joins(self, first: Any, second: Any) -> bool:
        if not isinstance(first, Write) or not isinstance(second, Write):
            return False
        return first.kind is not WriteKind.APPEND and first.chunk is None and _target(first) == _target(second)

    def apply(self, work: Sequence[Any]) -> list[Any]:
        try:
            match work:
                case [Write(), *_]:
                    return self._write_joined(work)
                case [Deletion() as deletion]:
                    return [self._delete(deletion)]
                case [_Define() as definition]:
                    self._define(definition)
                    return [None]
                case [_Drop() as drop]:
                    self._drop(drop.model_id)
                    return [None]
                case [_Position(model_id)]:
                    return [self._accept(model_id)]
                case [_Purge() as purge]:
                    self._purge(purge.before)
                    return [None]
        except (ModelUnknown, RevisionChanged, LossyRetyping, ContentConflict) as error:
            return [error] * len(work)
        raise TypeError(f"unknown work {type(work[0]).__name__}")

    def _write_joined(self, writes: Sequence[Write]) -> list[Statuses]:
        joined = writes[0] if len(writes) == 1 else _join(writes)
        statuses = self._write(joined)
        ends = np.cumsum([len(write.batch) for write in writes])
        parts: list[Statuses] = np.split(statuses, ends[:-1])
        for write, part in zip(writes, parts, strict=True):
            if write.answer is not None:
                self._record(write.answer(part))
        return parts

    def _write(self, write: Write) -> Statuses:
        layout = _layout(self._layouts, write.model_id)
        if layout.revision != write.batch.revision:
            raise RevisionChanged
        found = self._find(layout, write)
        statuses = _statuses(write, found)
        stamp = self._stamp(write)
        unchanged = np.flatnonzero((statuses == RowStatus.UNCHANGED) & found.is_stored)
        if stamp.notes and len(unchanged):
            self._confirm(layout, write, take_rows(write.batch, unchanged), found, stamp)
        changing = np.flatnonzero(np.isin(statuses, CHANGES))
        if len(changing):
            self._change(layout, write, take_rows(write.batch, changing), found, stamp)
        self._advance(write, statuses)
        return statuses

    def _change(self, layout: Layout, write: Write, batch: EventBatch, found: Found, stamp: Stamp) -> None:
        folded = fold(batch)
        found = Found.match(folded.batch, found.stored)
        self._insert_new(layout, write, folded, np.flatnonzero(~found.is_stored), stamp)
        self._lay_over(layout, write, folded.batch, np.flatnonzero(found.is_stored), found, stamp)

    def _confirm(self, layout: Layout, write: Write, batch: EventBatch, found: Found, stamp: Stamp) -> None:
        """Note that stored events were acknowledged again: jobs accepted before that must not undo them."""
        batch = fold(batch).batch
        rowids = Found.match(batch, found.stored).rowids(np.arange(len(batch)))
        with self._registered(wanted=pa.table({"row": range(len(batch)), "id": rowids})):
            before = _arrow(
                self._db, f"SELECT e.touched FROM {layout.table} e JOIN wanted w ON e.rowid = w.id ORDER BY w.row"
            )
        noted = touches(batch, write.kind, stamp, before["touched"].to_pylist())
        with self._registered(noted=pa.table({"id": rowids, "touched": noted})):
            self._db.execute(
                f"UPDATE {layout.table} e SET position = ?, touched = n.touched FROM noted n WHERE e.rowid = n.id",
                [stamp.position],
            )

    def _find(self, layout: Layout, write: Write) -> Found:
        ids = write.batch.system.select(["event_id"])
        with self._registered(wanted=ids):
            stored = _arrow(
                self._db,
                f"SELECT e.rowid, e.event_id, e.content_hash FROM {layout.table} e"
                " SEMI JOIN wanted USING (event_id) WHERE e.environment_id = ?",
                [write.environment_id],
            )
        return Found.match(write.batch, stored)

    def _insert_new(self, layout: Layout, write: Write, folded: Folded, rows: Places, stamp: Stamp) -> None:
        if not len(rows):
            return
        batch = folded.batch
        system = batch.system.take(pa.array(rows))
        system = system.set_column(1, "timestamp", pc.coalesce(system["timestamp"], system["received_at"]))
        updated = pc.if_else(pa.array(folded.is_repeated[rows]), pa.scalar(write.received_at, TIMESTAMP), None)
        system = system.append_column("environment_id", pa.repeat(write.environment_id, len(rows)))
        system = system.append_column("updated_at", updated)
        system = system.append_column("position", pa.repeat(pa.scalar(stamp.position, pa.int64()), len(rows)))
        noted = pa.nulls(len(rows), pa.string())
        if stamp.notes:
            noted = touches(batch, write.kind, stamp, [None] * len(batch)).take(pa.array(rows))
        self._insert(layout, system.append_column("touched", noted), batch.values.take(pa.array(rows)))

    def _lay_over(
        self, layout: Layout, write: Write, batch: EventBatch, rows: Places, found: Found, stamp: Stamp
    ) -> None:
        if not len(rows):
            return
        wanted = pa.table({"row": rows, "id": found.rowids(rows)})
        columns = "".join(f", e.{column.sql_name}" for column in layout.columns)
        with self._registered(wanted=wanted):
            stored = _arrow(
                self._db,
                f"SELECT w.row, {SYSTEM_COLUMNS}{columns} FROM {layout.table} e JOIN wanted w ON e.rowid = w.id"
                " ORDER BY w.row",
            )
            self._db.execute(f"DELETE FROM {layout.table} WHERE rowid IN (SELECT id FROM wanted)")
        taken = take_rows(batch, stored["row"].to_numpy())
        system, values = overlay(stored.select(list(EVENT_COLUMNS)), _values(stored, layout), taken, write, stamp)
        self._insert(layout, system, values, stored)

    def _insert(self, layout: Layout, system: pa.Table, values: pa.Table, before: pa.Table | None = None) -> None:
        """Insert rows; `before` holds the values of retired columns where the rows were stored already."""
        columns = dict(zip((c.sql_name for c in layout.declared), values.columns, strict=True))
        if before is not None:
            columns |= {c.sql_name: before[c.sql_name] for c in layout.retired}
        names = [*EVENT_COLUMNS, *columns]
        table = pa.table([*(system[name] for name in EVENT_COLUMNS), *columns.values()], names=names)
        with self._registered(incoming=table):
            self._db.execute(f"INSERT INTO {layout.table} ({', '.join(names)}) SELECT * FROM incoming")

    def _advance(self, write: Write, statuses: Statuses) -> None:
        chunk = write.chunk
        if chunk is None:
            return
        conflicts = [
            RejectedRow(int(row), "Conflict", "other content is stored for this id")
            for row in chunk.rows[statuses == RowStatus.CONFLICT]
        ]
        rejected = [*chunk.rejected, *conflicts]
        done = _progress(self._db, chunk.job_id)
        gained = counts(statuses) | {"rejected_rows": len(rejected)}
        gained.pop("conflict", None)
        totals = {name: done.counts.get(name, 0) + gained.get(name, 0) for name in done.counts.keys() | gained}
        self._set_progress(chunk.job_id, JobProgress(chunk.end, totals))
        if rejected:
            rows = pa.Table.from_pylist(
                [{"job_id": chunk.job_id, "row": r.row, "reason": r.reason, "message": r.message} for r in rejected]
            )
            with self._registered(rejected=rows):
                self._db.execute("INSERT INTO rejected_rows SELECT job_id, row, reason, message FROM rejected")

    def _set_progress(self, job_id: str, progress: JobProgress) -> None:
        self._db.execute("DELETE FROM job_progress WHERE job_id = ?", [job_id])
        self._db.execute(
            "INSERT INTO job_progress VALUES (?, ?, ?)",
            [job_id, progress.next_row, orjson.dumps(dict(progress.counts)).decode()],
        )

    def _delete(self, deletion: Deletion) -> int:
        done = _progress(self._db, deletion.job_id)
        if "deleted_events" in done.counts:
            return done.counts["deleted_events"]
        layout = _layout(self._layouts, deletion.model_id)
        where, parameters = _conditions(deletion)
        ids = pa.table({"event_id": pa.array(deletion.event_ids or [], pa.string())})
        with self._registered(wanted=ids):
            deleted = _number(
                self._db,
                f"DELETE FROM {layout.table} e WHERE {where} AND e.position < ?",
                [*parameters, deletion.position],
            )
        self._set_progress(deletion.job_id, JobProgress(0, {"deleted_events": deleted}))
        return deleted

    def _define(self, definition: _Define) -> None:
        old = self._layouts.get(definition.model_id)
        layout = old or Layout(definition.model_id, definition.revision)
        changes = layout.changes(definition.schema)
        if old is None:
            self._create(layout, changes)
        else:
            self._change_columns(layout, changes)
        self._keep_layout(layout.after(definition.revision, changes))

    def _create(self, layout: Layout, changes: Sequence[Change]) -> None:
        columns = EVENT_COLUMNS | {change.new.sql_name: change.new.sql_type for change in changes}
        declared = ", ".join(f"{name} {kind}" for name, kind in columns.items())
        self._db.execute(f"CREATE TABLE {layout.table} ({declared})")

    def _change_columns(self, layout: Layout, changes: Sequence[Change]) -> None:
        lossy = [change.new.name for change in changes if change.retypes and self._loses(layout, change)]
        if lossy:
            raise LossyRetyping(*lossy)
        if sum(change.adds for change in changes) > MOST_ALTERS:
            self._rebuild(layout, changes)
            return
        for change in changes:
            self._alter(layout, change)

    def _rebuild(self, layout: Layout, changes: Sequence[Change]) -> None:
        """Change many columns in one statement: what each ALTER of a transaction holds grows with the columns."""
        columns = ", ".join(
            f"CAST({_source(change)} AS {change.new.sql_type}) AS {change.new.sql_name}" for change in changes
        )
        self._db.execute(f"CREATE TABLE rebuilt AS SELECT {SYSTEM_COLUMNS}, {columns} FROM {layout.table} e")
        self._db.execute(f"DROP TABLE {layout.table}")
        self._db.execute(f"ALTER TABLE rebuilt RENAME TO {layout.table}")

    def _loses(self, layout: Layout, change: Change) -> bool:
        assert change.old is not None
        name, old, new = change.old.sql_name, change.old.sql_type, change.new.sql_type
        lost = f"TRY_CAST(TRY_CAST({name} AS {new}) AS {old}) IS DISTINCT FROM {name}"
        return _number(self._db, f"SELECT count(*) FROM {layout.table} WHERE {lost}") > 0

    def _alter(self, layout: Layout, change: Change) -> None:
        name, kind = change.new.sql_name, change.new.sql_type
        if change.adds:
            self._db.execute(f"ALTER TABLE {layout.table} ADD COLUMN {name} {kind}")
        elif change.retypes:
            self._db.execute(f"ALTER TABLE {layout.table} ALTER COLUMN {name} SET DATA TYPE {kind}")

    def _keep_layout(self, layout: Layout) -> None:
        self._forget_layout(layout.model_id)
        self._db.execute("INSERT INTO models VALUES (?, ?)", [layout.model_id, layout.revision])
        rows = pa.Table.from_pylist([vars(c) | {"model_id": layout.model_id} for c in layout.columns])
        with self._registered(layout=rows.append_column("place", pa.array(range(len(rows))))):
            self._db.execute("INSERT INTO columns SELECT model_id, place, number, name, sql_type, retired FROM layout")
        self._layouts[layout.model_id] = layout

    def _forget_layout(self, model_id: str) -> None:
        self._db.execute("DELETE FROM models WHERE model_id = ?", [model_id])
        self._db.execute("DELETE FROM columns WHERE model_id = ?", [model_id])

    def _drop(self, model_id: str) -> None:
        layout = self._layouts.pop(model_id, None)
        if layout is not None:
            self._db.execute(f"DROP TABLE {layout.table}")
            self._forget_layout(model_id)

    def _purge(self, before: int) -> None:
        self._db.execute("DELETE FROM records WHERE created_at < ?", [before])

    def _accept(self, model_id: str) -> int:
        position = self._next_position()
        self._open_positions.setdefault(model_id, set()).add(position)
        return position

    def _stamp(self, write: Write) -> Stamp:
        if write.position is not None:
            return Stamp(write.position, notes=False)
        return Stamp(self._next_position(), notes=bool(self._open_positions.get(write.model_id)))

    def _next_position(self) -> int:
        return _number(self._db, "SELECT nextval('position')")

    def _record(self, record: RetryRecord) -> None:
        self._db.execute("INSERT INTO records VALUES (?, ?, ?, ?, ?, ?, ?)", list(vars(record).values()))

    @contextmanager
    def _registered(self, **tables: pa.Table) -> Iterator[None]:
        for name, table in tables.items():
            self._db.register(name, table)
        try:
            yield
        finally:
            for name in tables:
                self._db.unregister(name)


def _source(change: Change) -> str:
    return "NULL" if change.old is None else f"e.{change.old.sql_name}"


def _target(write: Write) -> tuple[Any, ...]:
    return (
        write.model_id,
        write.environment_id,
        write.kind,
        write.batch.revision,
        write.position,
        write.chunk,
    )


def _statuses(write: Write, found: Found) -> Statuses:
    match write.kind:
        case WriteKind.PUBLISH:
            return publish_statuses(write.batch, found)
        case WriteKind.UPDATE:
            return update_statuses(found)
    statuses = append_statuses(write.batch, found)
    conflicts = np.flatnonzero(statuses == RowStatus.CONFLICT)
    if len(conflicts) and write.chunk is None:
        raise ContentConflict(conflicts.tolist())
    return statuses


def _join(writes: Sequence[Write]) -> Write:
    first = writes[0]
    batches = [write.batch for write in writes]
    batch = EventBatch(
        first.batch.revision,
        pa.concat_tables([batch.system for batch in batches]),
        pa.concat_tables([batch.values for batch in batches]),
        {name: np.concatenate([batch.carried[name] for batch in batches]) for name in first.batch.carried},
    )
    received_at = max(write.received_at for write in writes)
    return Write(first.model_id, first.environment_id, first.kind, batch, received_at)


def _layout(layouts: dict[str, Layout], model_id: str) -> Layout:
    if model_id not in layouts:
        raise ModelUnknown
    return layouts[model_id]


def _load_layouts(db: duckdb.DuckDBPyConnection) -> list[Layout]:
    models = db.execute("SELECT model_id, revision FROM models").fetchall()
    rows = db.execute("SELECT model_id, number, name, sql_type, retired FROM columns ORDER BY place").fetchall()
    columns: dict[str, list[StoredColumn]] = {}
    for model_id, *column in rows:
        columns.setdefault(model_id, []).append(StoredColumn(*column))
    return [Layout(model_id, revision, tuple(columns.get(model_id, ()))) for model_id, revision in models]


def _conditions(selection: Query | Deletion) -> tuple[str, list[Any]]:
    """Return the WHERE clause on table `e`. Ids are looked up in a registered table `wanted`."""
    conditions: list[tuple[str, list[Any]]] = [("e.environment_id = ?", [selection.environment_id])]
    if selection.event_ids is not None:
        conditions.append(("e.event_id IN (SELECT event_id FROM wanted)", []))
    if selection.start is not None:
        conditions.append(("e.timestamp >= make_timestamp(?)", [selection.start]))
    if selection.end is not None:
        conditions.append(("e.timestamp < make_timestamp(?)", [selection.end]))
    if isinstance(selection, Query) and selection.after is not None:
        time, event_id = selection.after
        # The first condition alone lets the engine pass over all that was read before.
        conditions.append(("e.timestamp >= make_timestamp(?)", [time]))
        conditions.append(("(e.timestamp > make_timestamp(?) OR e.event_id > ?)", [time, event_id]))
    return " AND ".join(text for text, _ in conditions), [value for _, values in conditions for value in values]


def _stored_events(rows: pa.Table, layout: Layout) -> StoredEvents:
    system = rows.select(["event_id", "timestamp", "received_at", "updated_at", "undeclared", "violations"])
    if layout.retired:
        kept = zip(system["undeclared"].to_pylist(), _retired_values(rows, layout), strict=True)
        merged = [_json(old | (orjson.loads(text) if text else {})) for text, old in kept]
        system = system.set_column(4, "undeclared", pa.array(merged, pa.string()))
    return StoredEvents(system, _values(rows, layout))


def _retired_values(rows: pa.Table, layout: Layout) -> Iterator[dict[str, Any]]:
    names = [column.name for column in layout.retired]
    columns = [rows[column.sql_name].to_pylist() for column in layout.retired]
    for values in zip(*columns, strict=True):
        yield {name: value for name, value in zip(names, values, strict=True) if value is not None}


def _json(extra: dict[str, Any]) -> str | None:
    return orjson.dumps(extra, option=orjson.OPT_NAIVE_UTC | orjson.OPT_UTC_Z).decode() if extra else None


def _values(rows: pa.Table, layout: Layout) -> pa.Table:
    columns = [rows[column.sql_name].cast(layout.arrow.field(i).type) for i, column in enumerate(layout.declared)]
    return pa.table(columns, schema=layout.arrow)


def _progress(db: duckdb.DuckDBPyConnection, job_id: str) -> JobProgress:
    rows = db.execute("SELECT next_row, counts FROM job_progress WHERE job_id = ?", [job_id]).fetchall()
    return JobProgress(rows[0][0], orjson.loads(rows[0][1])) if rows else JobProgress()


def _arrow(db: duckdb.DuckDBPyConnection, sql: str, parameters: Sequence[Any] = ()) -> pa.Table:
    return db.sql(sql, params=list(parameters)).to_arrow_table()


def _number(db: duckdb.DuckDBPyConnection, sql: str, parameters: Sequence[Any] = ()) -> int:
    [(number,)] = db.execute(sql, list(parameters)).fetchall()
    return int(number)


assert set(SYSTEM_SCHEMA.names) <= EVENT_COLUMNS.keys()
