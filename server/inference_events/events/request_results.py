"""What became of one request's events: its share of what was found in a batch."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from inference_events.errors import ErrorDetail
from inference_events.events.ingest.batch import Ingested, RowFault
from inference_events.events.pending_requests import PendingRequest, Slice
from inference_events.events.progress import OTHER_CONTENT
from inference_events.events.results import Count, IngestResult, ViolationCount
from inference_events.events.types import WriteKind
from inference_events.messages import pointer


def result_of(kind: WriteKind, slice_: Slice, ingested: Ingested, timestamp_column: str | None) -> IngestResult:
    """Return the result of one request, as yet without the statuses of its rows."""
    violations = ingested.violations.within(slice_.low, slice_.high).rows_by_name()
    date_like = np.zeros(0, np.int64)
    if ingested.date_like is not None and timestamp_column is not None:
        date_like = np.flatnonzero(ingested.date_like[slice_.low : slice_.high])
    return IngestResult(
        kind,
        ingested.ids[slice_.low : slice_.high],
        [ViolationCount(column, found, _count(kind, rows)) for column, found, rows in violations],
        _own(ingested.ignored_columns, slice_.pending),
        _own(ingested.undeclared_columns, slice_.pending),
        None if _has_times(slice_, ingested, timestamp_column) else timestamp_column,
        timestamp_column,
        _count(kind, date_like),
    )


def _count(kind: WriteKind, rows: npt.NDArray[np.int64]) -> Count:
    return Count(len(rows), rows.tolist() if kind is WriteKind.UPDATE else None)


def _has_times(slice_: Slice, ingested: Ingested, timestamp_column: str | None) -> bool:
    times = ingested.batch.system["timestamp"]
    if timestamp_column is None or not times.null_count or slice_.low == slice_.high:
        return True
    own = times.slice(slice_.low, slice_.high - slice_.low)
    return own.null_count < len(own) or _has(timestamp_column, slice_.pending)


def _own(columns: Sequence[str], pending: PendingRequest) -> list[str]:
    """Return those of a group's columns that some event of a request has."""
    if not columns:
        return []
    # A set: each event may have other columns, so that to look for each column in each event would be quadratic.
    own = set().union(*pending.decoded())
    return [column for column in columns if column in own]


def _has(column: str, pending: PendingRequest) -> bool:
    return any(column in event for event in pending.decoded())


def fault_detail(fault: RowFault, low: int) -> ErrorDetail:
    """Describe a fault by its place in the body of the request whose first row is `low`."""
    return ErrorDetail(fault.message, pointer(["source", "events", fault.row - low, fault.column]))


def conflict_details(rows: Sequence[int]) -> list[ErrorDetail]:
    """Describe the conflicts of a request whose first row is 0."""
    return [ErrorDetail(OTHER_CONTENT, f"/source/events/{row}") for row in rows]
