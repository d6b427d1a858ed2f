"""The quality report of a file job: counters that grow with each chunk, shown in the job's info."""

from heapq import nlargest
from typing import Any

import numpy as np

from inference_events.events.ingest.batch import Ingested
from inference_events.events.types import Counters, JobProgress, RowCount
from inference_events.jobs.kinds import PUBLISH_FILE, UPDATE_FILE
from inference_events.messages import truncate
from inference_events.warning_details import DATE_LIKE_NUMBER, date_like_number

COUNTED = {
    PUBLISH_FILE: ("created", "replaced", "unchanged", "rejected_rows"),
    UPDATE_FILE: ("updated", "unknown", "rejected_rows"),
}
MAX_SHOWN = 1000
VIOLATIONS = ("missing", "type", "range")
UNDECLARED = "undeclared_columns"
IGNORED = "ignored_columns"
MISSING_TIMESTAMP = "missing_timestamp_column"


def row_counts(ingested: Ingested, timestamp_column: str | None) -> list[RowCount]:
    """Return a chunk's additions to the job's counters: violations, warnings, and rows with columns to report."""
    counts = [RowCount(kind, column, rows) for column, kind, rows in ingested.violations.rows_by_name()]
    if ingested.date_like is not None and timestamp_column is not None:
        counts.append(RowCount(DATE_LIKE_NUMBER, timestamp_column, np.flatnonzero(ingested.date_like)))
    if ingested.ids:
        undeclared = map(truncate, ingested.undeclared_columns[:MAX_SHOWN])
        counts += [RowCount(UNDECLARED, column) for column in dict.fromkeys(undeclared)]
        counts += [RowCount(IGNORED, column) for column in ingested.ignored_columns[:MAX_SHOWN]]
        if ingested.missing_timestamp_column is not None:
            counts.append(RowCount(MISSING_TIMESTAMP, ingested.missing_timestamp_column))
    return counts


def report(kind: str, progress: JobProgress) -> dict[str, Any]:
    """Return the fields of the spec's `JobInfo` for a file job: the counts of its rows, and their quality report."""
    shown = {**dict.fromkeys(COUNTED[kind], 0), **progress.counts}
    return {"rows": sum(shown.values()), **shown, **_quality_report(progress.counters, is_update=kind == UPDATE_FILE)}


def _quality_report(counters: Counters, *, is_update: bool) -> dict[str, Any]:
    """Return the quality report, at most `MAX_SHOWN` entries in each field."""
    counted = [(count, column, kind) for kind in VIOLATIONS for column, count in counters.get(kind, {}).items()]
    kept = sorted((column, kind, count) for count, column, kind in nlargest(MAX_SHOWN, counted))
    shown: dict[str, Any] = {
        "violations": [{"column": column, "kind": kind, "count": count} for column, kind, count in kept],
        UNDECLARED: sorted(counters.get(UNDECLARED, {}))[:MAX_SHOWN],
    }
    if is_update:
        shown[IGNORED] = sorted(counters.get(IGNORED, {}))[:MAX_SHOWN]
    for name in counters.get(MISSING_TIMESTAMP, {}):
        shown[MISSING_TIMESTAMP] = name
    if dates := counters.get(DATE_LIKE_NUMBER):
        shown["warnings"] = [date_like_number(column, count) for column, count in dates.items()]
    return shown
