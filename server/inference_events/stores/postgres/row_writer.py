"""Write the rows of a batch: insert new rows, lock and merge stored ones."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa

from inference_events.events.content import outdated_rows, same_content
from inference_events.events.merging import (
    Deduplicated,
    RowNumbers,
    WriteVersion,
    column_epochs,
    deduplicate,
    merge_rows,
    new_rows,
    take_rows,
    with_label_times,
)
from inference_events.events.statuses import ExistingRows, first_of_each, row_statuses, statuses_with_conflicts
from inference_events.events.types import CHANGES, EventBatch, RowStatus, Statuses, Write, WriteKind
from inference_events.stores.postgres import clocks, staging
from inference_events.stores.postgres.changes import note_changes
from inference_events.stores.postgres.clocks import Clock
from inference_events.stores.postgres.connections import Connection
from inference_events.stores.postgres.encoding import changed_columns, new_columns
from inference_events.stores.postgres.escaping import event_key
from inference_events.stores.postgres.rows import (
    HASHES,
    FetchedRows,
    Row,
    event_ids,
    notes_json,
    payloads_of,
    selected,
    unsigned,
)
from inference_events.stores.postgres.schemas import Column, EventSchema

BY_KEY = "FROM events e WHERE e.environment = %s AND e.event_id = ANY(%s)"


class RowWriter:
    """Writes the rows of a batch within a transaction."""

    def __init__(self, db: Connection, write: Write, schema: EventSchema, clock: Clock) -> None:
        self._db = db
        self._write = write
        self._schema = schema
        self._stamp = clock.stamp if write.epoch is None else WriteVersion(write.epoch)
        self._times: list[pa.ChunkedArray] = []
        self._locked: FetchedRows | None = None
        environment = clock.environment
        if environment is None:
            environment = clocks.number_environment(db, write.model_id, write.environment_id)
        self._environment = environment

    def write(self) -> Statuses:
        """Write the rows and return their statuses."""
        batch = self._write.batch
        if not len(batch):
            return np.zeros(0, np.int8)
        found = self._lock() if self._write.kind is WriteKind.UPDATE else self._insert()
        found = self._with_new_hashes(found)
        statuses = row_statuses(self._write, found)
        if self._stamp.notes:
            self._confirm(np.flatnonzero((statuses == RowStatus.UNCHANGED) & found.is_stored), found)
        self._merge(np.flatnonzero(np.isin(statuses, CHANGES) & found.is_stored))
        note_changes(self._db, self._environment, self._times)
        return statuses

    def _lock(self) -> ExistingRows:
        """Lock the stored rows, in order, and read what an update needs of them."""
        batch = self._write.batch
        self._locked = self._select(batch.system["event_id"], self._carried(batch), "ORDER BY e.event_id FOR UPDATE")
        return ExistingRows.match(batch, pa.table({"event_id": event_ids(self._locked.rows)}))

    def _insert(self) -> ExistingRows:
        """Insert the rows whose ids are new and lock the others. Return what was stored before."""
        write = self._write
        known = self._lock_repeated()
        if known is not None:
            return known
        statuses = statuses_with_conflicts(write, ExistingRows.nothing(len(write.batch)))
        changing = take_rows(write.batch, np.flatnonzero(np.isin(statuses, CHANGES)))
        deduplicated = self._deduplicated(changing)
        new = new_rows(deduplicated, np.arange(len(deduplicated.batch)), write, self._stamp)
        keys = [event_key(each) for each in deduplicated.batch.system["event_id"].to_pylist()]
        inserted = staging.insert_or_lock(
            self._db, self._environment, new_columns(self._schema, self._environment, keys, new)
        )
        is_new = np.fromiter((key in inserted for key in keys), bool, len(keys))
        self._times.append(new.system["timestamp"].filter(pa.array(is_new)))
        if is_new.all():
            return ExistingRows.nothing(len(write.batch))
        others = [key for key in keys if key not in inserted]
        return self._existing(self._db.execute(f"SELECT {HASHES} {BY_KEY}", [self._environment, others]).fetchall())

    def _lock_repeated(self) -> ExistingRows | None:
        """Lock the rows if all of them are already stored, as in a repeated request. Else return None.

        A look-up costs less than preparing rows in vain. So that new events do not wait for it, the first id alone is
        looked up first.
        """
        ids = self._write.batch.system["event_id"]
        count = f"SELECT count(*) {BY_KEY}"
        if self._db.execute(count, [self._environment, [event_key(ids[0].as_py())]]).fetchone() == (0,):
            return None
        keys = list({event_key(each) for each in ids.to_pylist()})
        if self._db.execute(count, [self._environment, keys]).fetchone() != (len(keys),):
            return None
        locked = f"SELECT {HASHES} {BY_KEY} ORDER BY e.event_id FOR UPDATE"
        rows = self._db.execute(locked, [self._environment, keys]).fetchall()
        # A row may have been deleted meanwhile.
        return self._existing(rows) if len(rows) == len(keys) else None

    def _existing(self, rows: Sequence[Row]) -> ExistingRows:
        if not rows:
            return ExistingRows.nothing(len(self._write.batch))
        _, _, hashes, versions = zip(*rows, strict=True)
        columns = {"content_hash": unsigned(hashes), "hash_version": pa.array(versions, pa.uint8())}
        return ExistingRows.match(self._write.batch, pa.table({"event_id": event_ids(rows), **columns}))

    def _deduplicated(self, batch: EventBatch) -> Deduplicated:
        return deduplicate(with_label_times(batch, [column.name for column in self._schema.labelled]))

    def _read(self, ids: pa.ChunkedArray, columns: Sequence[Column]) -> FetchedRows:
        """Return locked rows in the order of their ids."""
        fetched = self._locked or self._select(ids, columns)
        by_key = {row[0]: row for row in fetched.rows}
        return FetchedRows([by_key[event_key(each)] for each in ids.to_pylist()], fetched.payloads)

    def _select(self, ids: pa.ChunkedArray, columns: Sequence[Column], order: str = "") -> FetchedRows:
        keys = [event_key(each) for each in ids.unique().to_pylist()]
        payloads = payloads_of(columns)
        rows = self._db.execute(
            f"SELECT {selected(payloads)} {BY_KEY} {order}",
            [self._environment, keys],
        ).fetchall()
        return FetchedRows(rows, payloads)

    def _carried(self, batch: EventBatch) -> list[Column]:
        """Return the columns that a batch carries."""
        return [column for column in self._schema.declared if batch.carried[column.name].any()]

    def _with_new_hashes(self, found: ExistingRows) -> ExistingRows:
        """Replace the hashes of older versions of stored rows that have the same content."""
        write = self._write
        if write.kind is WriteKind.UPDATE:
            return found
        rows = outdated_rows(write.batch, found, write.kind)
        if not len(rows):
            return found
        batch = take_rows(write.batch, rows)
        stored = self._read(batch.system["event_id"], self._schema.declared)
        is_same = same_content(batch, stored.stored(self._schema.declared), write.kind)
        is_same[is_same] = first_of_each(found.number[rows[is_same]])
        rows = rows[is_same]
        hashes = write.batch.system["content_hash"].take(pa.array(rows))
        keys = [key for key, same in zip(stored.keys, is_same.tolist(), strict=True) if same]
        self._db.execute(
            "UPDATE events e SET content_hash = s.content_hash, hash_version = %s"
            " FROM unnest(%s::text[], %s::int8[]) AS s (event_id, content_hash)"
            " WHERE e.environment = %s AND e.event_id = s.event_id",
            [write.batch.hash_version, keys, staging.signed(hashes), self._environment],
        )
        return found.with_hashes(rows, hashes.to_numpy())

    def _confirm(self, rows: RowNumbers, found: ExistingRows) -> None:
        """Stamp stored events that were acknowledged again: jobs accepted earlier must not change them."""
        if not len(rows):
            return
        batch = deduplicate(take_rows(self._write.batch, rows)).batch
        stored = self._read(batch.system["event_id"], ())
        noted = column_epochs(batch, self._write.kind, self._stamp, stored.system["column_epochs"].to_pylist())
        documents = [(notes_json(each) or b"").decode() for each in noted.to_pylist()]
        self._db.execute(
            "UPDATE events e SET epoch = %s, column_epochs = s.noted::jsonb"
            " FROM unnest(%s::text[], %s::text[]) AS s (event_id, noted)"
            " WHERE e.environment = %s AND e.event_id = s.event_id",
            [self._stamp.epoch, list(stored.keys), documents, self._environment],
        )

    def _merge(self, rows: RowNumbers) -> None:
        """Change stored rows by the rows of the batch."""
        if not len(rows):
            return
        batch = self._deduplicated(take_rows(self._write.batch, rows)).batch
        columns = self._carried(batch)
        batch = _only(batch, columns)
        stored = self._read(batch.system["event_id"], columns)
        merged = merge_rows(stored.stored(columns), batch, self._write, self._stamp)
        if self._write.epoch is None and not self._stamp.notes:
            # Without open jobs, nothing reads the column epochs.
            merged = replace(merged, system=_without_notes(merged.system))
        self._times += [stored.system["timestamp"], merged.system["timestamp"]]
        has_extras = batch.system["undeclared"].null_count < len(batch)
        names, changed = changed_columns(columns, stored, merged, has_extras)
        staging.update_rows(self._db, self._environment, names, changed)


def _only(batch: EventBatch, columns: Sequence[Column]) -> EventBatch:
    """Return a batch with some of its columns only."""
    names = [column.name for column in columns]
    values = batch.values.select(names)
    carried = {name: batch.carried[name] for name in names}
    labels = {name: times for name, times in batch.labels.items() if name in carried}
    return replace(batch, values=values, carried=carried, labels=labels)


def _without_notes(system: pa.Table) -> pa.Table:
    index = system.schema.get_field_index("column_epochs")
    return system.set_column(index, "column_epochs", pa.nulls(len(system), pa.string()))
