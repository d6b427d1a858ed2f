"""What a store reports of its work while it runs, for metrics."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from inference_events.events.store import CHANGES, EventBatch, Statuses


class StoreObserver:
    """Ignore what a store reports; a subclass counts it. The calls come from the thread that writes."""

    def observe_commit(self, work: Sequence[Any], results: Sequence[Any], seconds: float) -> None:
        """Learn what was committed together, what became of each piece, and how long it took."""

    def observe_failure(self, error: BaseException) -> None:
        """Learn of an error, other than a StoreError, that ended a piece of work."""

    def observe_checkpoint(self, seconds: float) -> None:
        """Learn that the write-ahead log was moved into the file, and how long it took."""


def count_violations(batch: EventBatch, statuses: Statuses) -> Mapping[str, int]:
    """Count the violations by kind in those rows of a batch that changed what is stored."""
    lists = batch.system["violations"].combine_chunks()
    kinds = lists.flatten().field("kind")
    if not len(kinds):
        return {}
    is_changed = np.isin(statuses, CHANGES)
    if not is_changed.all():
        kinds = kinds.filter(pa.array(is_changed[np.asarray(pc.list_parent_indices(lists))]))
    return {one["values"]: one["counts"] for one in kinds.value_counts().to_pylist()}
