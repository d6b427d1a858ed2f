"""Compute what metrics find in rows, with all that merges made of partials."""

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from inference_events.monitoring import metrics
from inference_events.monitoring.engine import Bins, Computation, RowSelection, TooManyRows
from inference_events.monitoring.metrics.connection import Connection
from inference_events.monitoring.metrics.parts import Total
from inference_events.monitoring.metrics.plain import ROWS
from inference_events.monitoring.partials.asking import Asking
from inference_events.monitoring.partials.cells import Grid
from inference_events.monitoring.partials.filling import Asked, Filling
from inference_events.monitoring.partials.merging import MergedParts

T = TypeVar("T")
# A slow store hands out about 400,000 rows a second.
MAX_ROWS_OF_BIN = 2_000_000
COUNT = Total(ROWS)


def with_partials(
    computation: Computation,
    connection: Connection,
    selection: RowSelection,
    rows: metrics.Rows,
    work: Callable[[Connection, metrics.Rows], T],
) -> T:
    """Return what `work` makes of the rows of a selection, which the connection knows as `rows`.

    It is called twice: first to find out what it asks for, with rows that look empty. Raises FiguresUnfinished if time
    is over, and TooManyRows if it reads the rows of a bin itself and they are too many for a slow store.
    """
    asking = Asking(connection, rows.relation)
    work(asking, replace(rows, parts=asking))
    asked: list[Asked] = asking.asked
    is_bounded = asking.reads_rows and computation.snapshot.is_slow
    if is_bounded and COUNT not in asked:
        asked.append(COUNT)
    grid = Grid(selection.bins if isinstance(selection.bins, Bins) else None)
    filling = Filling(computation, selection, grid, rows.relation)
    tables = {repr(one.asked): filling.tables(one) for one in filling.fill(asked)}
    parts = MergedParts(computation, grid, tables)
    if is_bounded:
        _check_size(parts)
    return work(connection, replace(rows, parts=parts))


def _check_size(parts: MergedParts) -> None:
    most = max((int(count) for _, count in parts.totals([COUNT])), default=0)
    if most > MAX_ROWS_OF_BIN:
        raise TooManyRows(most, MAX_ROWS_OF_BIN)
