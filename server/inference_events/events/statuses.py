"""What becomes of each row of a batch, decided by the content hashes of what is stored, for every engine alike."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from inference_events.events.merging import RowNumbers
from inference_events.events.store_errors import ContentConflict
from inference_events.events.types import EventBatch, Mask, RowStatus, Statuses, Write, WriteKind

# What an engine says of the rows that it finds by their ids. By `row_key` it finds them again.
FOUND_COLUMNS = pa.schema(
    [("row_key", pa.int64()), ("event_id", pa.string()), ("content_hash", pa.uint64()), ("hash_version", pa.uint8())]
)


@dataclass(frozen=True)
class ExistingRows:
    """Rows that are stored under ids of a batch: FOUND_COLUMNS, perhaps more.

    `number` is for each row of the batch its number in that table, -1 where the id is not stored.
    """

    stored: pa.Table
    number: RowNumbers

    @classmethod
    def match(cls, batch: EventBatch, stored: pa.Table) -> "ExistingRows":
        ids = pc.index_in(batch.system["event_id"].combine_chunks(), stored["event_id"].combine_chunks())
        return cls(stored, pc.fill_null(ids.cast(pa.int64()), -1).to_numpy(zero_copy_only=False))

    @classmethod
    def nothing(cls, rows: int) -> "ExistingRows":
        return cls(FOUND_COLUMNS.empty_table(), np.full(rows, -1, np.int64))

    @property
    def is_stored(self) -> Mask:
        return self.number >= 0

    def row_keys(self, rows: RowNumbers) -> RowNumbers:
        """Return where the rows of the batch are stored."""
        row_keys: RowNumbers = self.stored["row_key"].to_numpy()[self.number[rows]]
        return row_keys

    def rows(self, rows: RowNumbers) -> pa.Table:
        """Return what is stored for rows of the batch, in step with them."""
        return self.stored.take(pa.array(self.number[rows]))

    def content_hashes(self, otherwise: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
        """Return for each row of the batch the stored hash, where there is none that of `otherwise`."""
        hashes = otherwise.copy()
        hashes[self.is_stored] = self.stored["content_hash"].to_numpy()[self.number[self.is_stored]]
        return hashes

    def with_hashes(self, rows: RowNumbers, hashes: npt.NDArray[np.uint64]) -> "ExistingRows":
        """Return the same, but with new hashes of what is stored for rows of the batch."""
        stored = self.stored["content_hash"].to_numpy().copy()
        stored[self.number[rows]] = hashes
        place = self.stored.schema.get_field_index("content_hash")
        return ExistingRows(self.stored.set_column(place, "content_hash", pa.array(stored)), self.number)


def append_statuses(batch: EventBatch, found: ExistingRows) -> Statuses:
    """Return what becomes of each row of a dataset: the same content is a no-op, other content is a conflict."""
    groups = batch.groups
    first = np.unique(groups, return_index=True)[1]
    hashes = batch.system["content_hash"].to_numpy()
    reference = found.content_hashes(hashes[first[groups]])
    statuses: Statuses = np.where(hashes == reference, RowStatus.UNCHANGED, RowStatus.CONFLICT).astype(np.int8)
    statuses[first[~found.is_stored[first]]] = RowStatus.CREATED
    return statuses


def publish_statuses(batch: EventBatch, found: ExistingRows) -> Statuses:
    """Return what becomes of each event published: the content that its id has at its turn is a no-op."""
    hashes = batch.system["content_hash"].to_numpy()
    before, exists = found.content_hashes(hashes), found.is_stored
    if not batch.has_distinct_ids:
        groups = batch.groups
        order = np.argsort(groups, kind="stable")
        repeats = np.flatnonzero(np.diff(groups[order]) == 0) + 1
        before[order[repeats]] = hashes[order[repeats - 1]]
        exists[order[repeats]] = True
    statuses: Statuses = np.full(len(hashes), RowStatus.CREATED, np.int8)
    statuses[exists] = RowStatus.REPLACED
    statuses[exists & (before == hashes)] = RowStatus.UNCHANGED
    return statuses


def update_statuses(found: ExistingRows) -> Statuses:
    """Return what becomes of each update: ids that are not stored change nothing."""
    return np.where(found.is_stored, RowStatus.UPDATED, RowStatus.UNKNOWN).astype(np.int8)


def statuses_with_conflicts(write: Write, found: ExistingRows) -> Statuses:
    """Return what becomes of each row of a write."""
    match write.kind:
        case WriteKind.PUBLISH:
            return publish_statuses(write.batch, found)
        case WriteKind.UPDATE:
            return update_statuses(found)
    return append_statuses(write.batch, found)


def row_statuses(write: Write, found: ExistingRows) -> Statuses:
    """Return what becomes of each row of a write. Raises ContentConflict, which in a chunk is a status of its row."""
    statuses = statuses_with_conflicts(write, found)
    conflicts = np.flatnonzero(statuses == RowStatus.CONFLICT)
    if len(conflicts) and write.chunk is None:
        raise ContentConflict(conflicts.tolist())
    return statuses


def first_of_each(numbers: RowNumbers) -> Mask:
    """Mark the first of each number."""
    is_first = np.zeros(len(numbers), bool)
    is_first[np.unique(numbers, return_index=True)[1]] = True
    return is_first
