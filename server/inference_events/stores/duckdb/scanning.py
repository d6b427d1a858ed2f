"""Read any number of events in order, in parts that fit into memory, from one snapshot.

Sorting all events at once would need memory for all of them. So a few keys are sampled first to cut the events into
ranges of about the same size, and each range is sorted separately.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, TypeAlias

import duckdb
import pyarrow as pa

from inference_events.events.types import Scan, StoredEvents
from inference_events.stores.duckdb.deltas import latest, selected_rows
from inference_events.stores.duckdb.snapshots import check_revision
from inference_events.stores.duckdb.sql import arrow, conditions, declared_values, number
from inference_events.stores.duckdb.table_schema import TableSchema

Key: TypeAlias = tuple[int, str]

PART_BYTES = 64 * 1024 * 1024
SMALL_PART_ROWS = 1000
CHOSEN_ROWS = 4096
WEIGHED_ROWS = 256
PICKED_ROWS = 100_000
HASHES = 2**64
# The same in every version of the engine, so that a sample stays the same. Its values are 0 … HASHES - 1.
ID_HASH = "md5_number_lower(e.event_id)"


def scan_parts(db: duckdb.DuckDBPyConnection, schema: TableSchema, scan: Scan) -> Iterator[StoredEvents]:
    """Yield the parts of a scan. Raises ModelUnknown and RevisionChanged."""
    db.begin()
    try:
        check_revision(db, schema, scan.revision)
        matching = _Selection(schema, scan, *conditions(scan))
        total = number(db, f"SELECT count(*) {matching.source}", matching.parameters)
        wanted = matching if total <= scan.most else _sampled(db, matching, total)
        for low, high in pairwise([None, *_cuts(db, matching, total), None]):
            part = wanted.between(low, high).read(db, "ORDER BY e.timestamp, e.event_id")
            if part.system.num_rows:
                yield part
    finally:
        db.rollback()


@dataclass(frozen=True)
class _Selection:
    """The columns of a scan from the rows that fulfil a condition on table `e`."""

    schema: TableSchema
    scan: Scan
    where: str
    parameters: Sequence[Any]

    @property
    def source(self) -> str:
        return f"FROM {self.schema.table} e WHERE {self.where}"

    def only(self, where: str, *parameters: Any) -> "_Selection":
        return _Selection(self.schema, self.scan, f"{self.where} AND {where}", [*self.parameters, *parameters])

    def hashed_up_to(self, bound: int) -> "_Selection":
        return self.only(f"{ID_HASH} <= ?::UBIGINT", bound)

    def among(self, picked: str) -> "_Selection":
        """Keep the rows whose numbers are in a registered table. The engine reads no other rows."""
        return self.only(f"e.rowid IN (SELECT id FROM {picked})")

    def between(self, low: Key | None, high: Key | None) -> "_Selection":
        """Keep the keys after `low` up to `high`."""
        kept = self
        # The first condition of each alone lets the engine skip the blocks outside.
        if low is not None:
            kept = kept.only("e.timestamp >= make_timestamp(?)", low[0])
            kept = kept.only("(e.timestamp > make_timestamp(?) OR e.event_id > ?)", *low)
        if high is not None:
            kept = kept.only("e.timestamp <= make_timestamp(?)", high[0])
            kept = kept.only("(e.timestamp < make_timestamp(?) OR e.event_id <= ?)", *high)
        return kept

    def read(self, db: duckdb.DuckDBPyConnection, order: str = "") -> StoredEvents:
        declared = {column.name: column for column in self.schema.declared}
        columns = [declared[name] for name in self.scan.columns]
        selected = ["event_id", "timestamp", *(column.sql_name for column in columns)]
        source = selected_rows(self.schema, selected, self.where)
        rows = arrow(db, f"{latest(self.schema, selected, source)} {order}", self.parameters)
        return StoredEvents(rows.select([0, 1]), declared_values(rows, columns))


def _sampled(db: duckdb.DuckDBPyConnection, selection: _Selection, total: int) -> _Selection:
    """Keep as many rows as the scan wants: those whose ids have the smallest hashes."""
    most = selection.scan.most
    hashes = _smallest_hashes(db, selection, total).slice(0, most)
    if most > PICKED_ROWS:
        return selection.hashed_up_to(int(hashes["hash"][-1].as_py()))
    # Hashing all ids again would take longer than everything else.
    db.register("picked", hashes)
    return selection.among("picked")


def _smallest_hashes(db: duckdb.DuckDBPyConnection, selection: _Selection, total: int) -> pa.Table:
    """Return at least as many hashes as the scan wants, in order, with the numbers of their rows."""
    most = selection.scan.most
    for margin in (6 * math.sqrt(most) + 10, total):
        bound = min(int((most + margin) / total * HASHES), HASHES - 1)
        likely = selection.hashed_up_to(bound)
        hashes = arrow(db, f"SELECT {ID_HASH} AS hash, e.rowid AS id {likely.source} ORDER BY hash", likely.parameters)
        if len(hashes) >= most:
            break
    return hashes


def _cuts(db: duckdb.DuckDBPyConnection, selection: _Selection, total: int) -> list[Key]:
    """Return the keys between parts. A few rows show how wide rows are and how their keys are distributed."""
    rows = min(total, selection.scan.most)
    if rows <= SMALL_PART_ROWS:
        return []
    chosen = _choose_rows(db, selection, total)
    db.register("chosen", chosen)
    db.register("weighed", chosen.take(list(range(0, len(chosen), max(len(chosen) // WEIGHED_ROWS, 1)))))
    weighed = selection.among("weighed").read(db)
    width = (weighed.system.nbytes + weighed.values.nbytes) / max(weighed.system.num_rows, 1)
    parts = min(math.ceil(rows * width / PART_BYTES), len(chosen))
    if parts <= 1:
        return []
    known = selection.among("chosen")
    keys = db.execute(
        f"SELECT epoch_us(e.timestamp), e.event_id {known.source} ORDER BY e.timestamp, e.event_id", known.parameters
    ).fetchall()
    return [keys[len(keys) * part // parts] for part in range(1, parts)]


def _choose_rows(db: duckdb.DuckDBPyConnection, selection: _Selection, total: int) -> pa.Table:
    """Return the numbers of some rows, spread over the table."""
    spread = selection.only("hash(e.rowid) % ?::UBIGINT = 0", max(total // CHOSEN_ROWS, 1))
    return arrow(db, f"SELECT e.rowid AS id {spread.source}", spread.parameters)
