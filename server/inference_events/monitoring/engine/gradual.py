"""Rows that a slow store hands out in several computations: each goes on where the one before ran out of time.

What is read is kept in memory with its data revision, and dropped once events of the selection have changed. All events
of an environment are read by ranges of their keys, because they may all have the same time; those of a range of time
are read by shorter ones.
"""

from dataclasses import dataclass, replace
from typing import Protocol

import pyarrow as pa
import pyarrow.compute as pc

from inference_events.events.columns import KEY, ColumnSelection, batch_schema
from inference_events.events.hours import HourRange, is_dirty
from inference_events.events.types import DataRevision
from inference_events.models.schema import ModelSchema
from inference_events.monitoring.engine.cache import PartialCache
from inference_events.monitoring.engine.errors import BaselineUnfinished, QueryTimeout
from inference_events.monitoring.engine.rows import BIN

PART_ROWS = 500_000
RANGE_PARTS = 64


@dataclass(frozen=True)
class GradualRows:
    """The batches that were read of a selection, and the selection of the next part, None if all is read."""

    revision: DataRevision
    next: ColumnSelection | None
    batches: tuple[pa.RecordBatch, ...] = ()

    @property
    def rows(self) -> int:
        return sum(batch.num_rows for batch in self.batches)

    @property
    def nbytes(self) -> int:
        return sum(batch.nbytes for batch in self.batches)

    def is_valid(self, selection: ColumnSelection, dirty: list[HourRange]) -> bool:
        """Report whether no event of the selection has changed, of the hours that have."""
        bounds = None if selection.start is None or selection.end is None else (selection.start, selection.end)
        return not is_dirty(bounds, dirty)

    def with_part(self, part: list[pa.RecordBatch], selection: ColumnSelection) -> "GradualRows":
        """Return the rows with those of the next part. `selection` is that of all."""
        kept = tuple(batch.drop_columns([KEY]) if KEY in batch.schema.names else batch for batch in part)
        return replace(self, next=self._after(part, selection), batches=(*self.batches, *kept))

    def _after(self, part: list[pa.RecordBatch], selection: ColumnSelection) -> ColumnSelection | None:
        assert self.next is not None
        if self.next.most is None:
            return _range(selection, self.next.end)
        if sum(batch.num_rows for batch in part) < self.next.most:
            return None
        return replace(self.next, after=max(pc.max(batch.column(KEY)).as_py() for batch in part))


class Reader(Protocol):
    """Reads at one moment, and has what was kept."""

    cache: PartialCache
    schema: ModelSchema

    def data_revision(self, environment_id: str) -> DataRevision: ...

    def dirty_hours(self, environment_id: str, since: DataRevision) -> list[HourRange]: ...

    def read(self, selection: ColumnSelection) -> list[pa.RecordBatch]: ...


def read_gradually(reader: Reader, selection: ColumnSelection, key: bytes) -> pa.Table:
    """Return the rows of a selection, and keep under a key what is read.

    Raises BaselineUnfinished if time is over and the next computation has less to read, else QueryTimeout.
    """
    kept: GradualRows | None = reader.cache.get(key)
    environment_id = selection.environment_id
    if kept is None or not kept.is_valid(selection, reader.dirty_hours(environment_id, kept.revision)):
        kept = GradualRows(reader.data_revision(environment_id), _first_part(selection))
    first = kept.next
    try:
        while kept.next is not None:
            kept = kept.with_part(reader.read(kept.next), selection)
            reader.cache.keep(key, kept)
    except QueryTimeout as timeout:
        if kept.next == first:
            raise
        raise BaselineUnfinished(timeout.seconds, kept.rows) from None
    return pa.Table.from_batches(kept.batches, batch_schema(selection, reader.schema.arrow))


def in_one_bin(rows: pa.Table) -> pa.Table:
    """Return rows in bin 0."""
    return rows.append_column(BIN, pa.repeat(pa.scalar(0, BIN.type), len(rows)))


def _first_part(selection: ColumnSelection) -> ColumnSelection | None:
    if selection.start is None or selection.end is None:
        return replace(selection, most=PART_ROWS)
    return _range(selection, selection.start)


def _range(selection: ColumnSelection, start: int | None) -> ColumnSelection | None:
    assert selection.start is not None
    assert selection.end is not None
    if start is None or start >= selection.end:
        return None
    length = max((selection.end - selection.start) // RANGE_PARTS, 1)
    return replace(selection, start=start, end=min(start + length, selection.end))
