"""How figures get their rows: bins of time, the rows relation, and the bounds of each computation."""

from inference_events.monitoring.engine.bins import MAX_BINS, Bins, BinsError, BinSize, make_bins
from inference_events.monitoring.engine.computation import Computation, FigureEngine, Rows
from inference_events.monitoring.engine.connection import RowsConnection
from inference_events.monitoring.engine.errors import (
    BaselineUnfinished,
    EngineBusy,
    FiguresUnfinished,
    QueryCancelled,
    QueryTimeout,
    QueryTooLarge,
    TooManyRows,
)
from inference_events.monitoring.engine.relations import Relation
from inference_events.monitoring.engine.revisions import encode_revision
from inference_events.monitoring.engine.rows import RowSelection, Segment, Sql

__all__ = [
    "MAX_BINS",
    "BaselineUnfinished",
    "BinSize",
    "Bins",
    "BinsError",
    "Computation",
    "EngineBusy",
    "FigureEngine",
    "FiguresUnfinished",
    "QueryCancelled",
    "QueryTimeout",
    "QueryTooLarge",
    "Relation",
    "RowSelection",
    "Rows",
    "RowsConnection",
    "Segment",
    "Sql",
    "TooManyRows",
    "encode_revision",
    "make_bins",
]
