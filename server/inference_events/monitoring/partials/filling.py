"""Compute the partials that are missing, from the newest to the oldest, and keep each.

The rows of some cells are read at once, and serve all statements that lack one of them. How many cells these are
follows from the time that the last ones took, so that a computation that runs out of time has kept most of its work.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from typing import Any

import pyarrow as pa

from inference_events.events.types import DataRevision
from inference_events.monitoring import fql
from inference_events.monitoring.engine import Computation, FiguresUnfinished, QueryTimeout, RowSelection
from inference_events.monitoring.engine import Rows as ReadRows
from inference_events.monitoring.metrics.parts import Groups, Total, totals_statement
from inference_events.monitoring.partials import ranges
from inference_events.monitoring.partials.cells import Grid
from inference_events.monitoring.partials.kept import Part, Series
from inference_events.monitoring.partials.ranges import Range
from inference_events.monitoring.sql_names import value_column

BEGINNING = DataRevision(0, 0)
# The time that a read should take, and how much longer the next one may be.
READ_SECONDS = 1.0
MAX_GROWTH = 8.0


@dataclass(frozen=True)
class Pace:
    """How many cells are read first, and into how many ranges: more gaps between them are read as well."""

    first_cells: int
    max_ranges: int


# Each read costs some time of its own. A store that is fast reads gaps in less.
FAST = Pace(first_cells=400, max_ranges=4)
SLOW = Pace(first_cells=4, max_ranges=32)
Asked = Total | Groups


@dataclass
class Partials:
    """The partials of a statement: those of whole cells, and those of pieces of cells, which are not kept."""

    asked: Asked
    key: bytes
    series: Series
    missing: Sequence[Range]
    pieces: list[pa.Table] = field(default_factory=list)


class Filling:
    """Finds the partials of a selection of rows whose bins are those of a grid."""

    def __init__(self, computation: Computation, selection: RowSelection, grid: Grid, relation: str) -> None:
        self._computation = computation
        self._selection = selection
        self._grid = grid
        self._relation = relation
        self._pace = SLOW if computation.snapshot.is_slow else FAST
        self._scope = (*scope_of(computation, selection), grid.size)
        environment_id = selection.environment_id
        self._revision = computation.data_revision(environment_id)
        self._changed = grid.of_hours(computation.snapshot.dirty_hours(environment_id, BEGINNING))
        self.limits = grid.limits(self._changed)

    def fill(self, asked: Sequence[Asked]) -> list[Partials]:
        """Return the partials of statements, in their order. Raises FiguresUnfinished."""
        found = [self._kept(one) for one in asked]
        missing = ranges.joined(cells for one in found for cells in one.missing)
        whole = left = ranges.size(missing)
        try:
            for cells in portions(missing, self._pace.first_cells):
                self._read(cells, found)
                left -= ranges.size([cells])
        except QueryTimeout as timeout:
            needed = ranges.size(ranges.within(self.limits, ranges.hull(self._changed)))
            if left == whole:
                raise
            raise FiguresUnfinished(timeout.seconds, 1 - left / needed) from None
        return found

    def tables(self, partials: Partials) -> list[pa.Table]:
        """Return all that a statement found in the cells and pieces of the grid."""
        cells = ranges.without(self.limits, self._grid.cut_cells)
        return [part.table for part in partials.series.within(cells)] + partials.pieces

    def _kept(self, asked: Asked) -> Partials:
        """Return what is kept of a statement and still valid."""
        key = statement_key(self._scope, asked)
        kept: Series | None = self._computation.cache.get(key)
        series = Series(self._revision, self._grid.size)
        if kept is not None:
            dirty = self._computation.dirty_hours(self._selection.environment_id, kept.revision)
            series = replace(series, parts=kept.without(self._grid.of_hours(dirty)))
        lacking = ranges.without(self.limits, ranges.without(series.cells, self._grid.cut_cells))
        # Outside the hours that ever changed there are no events.
        missing = [one for cells in lacking for one in ranges.hull(ranges.within([cells], self._changed))]
        return Partials(asked, key, series, ranges.few(missing, self._pace.max_ranges))

    def _read(self, cells: Range, found: Sequence[Partials]) -> None:
        """Compute and keep what statements lack in some cells."""
        lacking = [one for one in found if ranges.within([cells], one.missing)]
        selection = replace(self._selection, bins=self._grid.pieces(cells))
        with closing(self._computation.rows(selection, self._relation)) as rows:
            if len({isinstance(one.asked, Total) or one.key for one in lacking}) > 1:
                rows.keep()
            for one, table in _computed(rows, lacking):
                self._add(one, cells, table)
                self._computation.cache.keep(one.key, one.series)

    def _add(self, partials: Partials, cells: Range, table: pa.Table) -> None:
        is_whole = self._grid.is_whole(table.column(0).to_numpy())
        part = Part(*cells, table.filter(is_whole))
        for whole in ranges.without([cells], self._grid.cut_cells):
            partials.series = partials.series.with_part(part.slice(whole, self._grid.size))
        if not is_whole.all():
            partials.pieces.append(table.filter(~is_whole))


def portions(missing: Sequence[Range], count: int) -> Iterator[Range]:
    """Yield ranges of cells or bins to read, the newest first.

    They are `count` long at first, and then as long as the time of the last ones suggests.
    """
    for first, end in reversed(missing):
        while first < end:
            start, began = max(first, end - count), time.monotonic()
            yield start, end
            taken = time.monotonic() - began
            if end - start == count or taken > READ_SECONDS:
                growth = min(READ_SECONDS / max(taken, READ_SECONDS / MAX_GROWTH), MAX_GROWTH)
                count = max(int((end - start) * growth), 1)
            end = start


def _computed(rows: ReadRows, lacking: Sequence[Partials]) -> Iterator[tuple[Partials, pa.Table]]:
    """Yield what each statement finds in rows, with one pass for all totals."""
    totals = [one for one in lacking if isinstance(one.asked, Total)]
    if totals:
        text, values = totals_statement([one.asked for one in totals if isinstance(one.asked, Total)], rows.name)
        table = rows.query(fql.Sql(f"SELECT * FROM ({text}) ORDER BY 1", tuple(values)))
        for place, one in enumerate(totals, start=1):
            yield one, table.select([0, place]).rename_columns(["bin", "a0"]).combine_chunks()
    for one in lacking:
        if isinstance(one.asked, Groups):
            table = rows.query(fql.Sql(f"SELECT * FROM ({one.asked.text}) ORDER BY 1", tuple(one.asked.values)))
            yield one, table.rename_columns(column_names(one.asked)).combine_chunks()


def column_names(groups: Groups) -> list[str]:
    """Return names for the columns of a statement."""
    keys = [f"k{place}" for place in range(groups.keys)]
    return ["bin", *keys, *(f"a{place}" for place in range(len(groups.merges)))]


def scope_of(computation: Computation, selection: RowSelection) -> tuple[Any, ...]:
    """Return all that the rows of a selection depend on besides the data revision and their bins."""
    segment = None if selection.segment is None else selection.segment.sql(value_column)
    condition = None if segment is None else (segment.text, tuple(segment.values))
    return (computation.schema.model_id, computation.schema.revision, selection.environment_id, condition)


def statement_key(scope: tuple[Any, ...], asked: object) -> bytes:
    """Return a key for what a statement finds in the rows of a scope."""
    return blake2b(repr((scope, asked)).encode(errors="surrogatepass"), digest_size=32).digest()
