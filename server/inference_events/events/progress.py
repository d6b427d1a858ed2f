"""How a chunk of a file changes the progress of its job, for every engine alike."""

import numpy as np

from inference_events.events.types import (
    Chunk,
    Counters,
    JobProgress,
    RejectedRow,
    RowStatus,
    Statuses,
    added,
    counts,
)

OTHER_CONTENT = "other content is stored for this id; use another id or dataset"


def advanced(done: JobProgress, chunk: Chunk, statuses: Statuses) -> tuple[JobProgress, list[RejectedRow]]:
    """Return the progress after a chunk is written, and the rows of the chunk that were rejected."""
    conflicts = [RejectedRow(int(row), "Conflict", OTHER_CONTENT) for row in chunk.rows[statuses == RowStatus.CONFLICT]]
    rejected = [*chunk.rejected, *conflicts]
    gained = counts(statuses) | {"rejected_rows": len(rejected)}
    gained.pop("conflict", None)
    totals = {name: done.counts.get(name, 0) + gained.get(name, 0) for name in done.counts.keys() | gained}
    counters = added(done.counters, _counted(chunk, statuses))
    return JobProgress(chunk.end, totals, counters), rejected


def _counted(chunk: Chunk, statuses: Statuses) -> Counters:
    is_stored = ~np.isin(statuses, (RowStatus.UNKNOWN, RowStatus.CONFLICT))
    counted: dict[str, dict[str, int]] = {}
    for one in chunk.counts:
        count = len(statuses) if one.rows is None else int(np.count_nonzero(is_stored[one.rows]))
        if count:
            counted.setdefault(one.kind, {})[one.name] = count
    return counted
