"""The events of a running store that metrics count."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from inference_events.events.types import CHANGES, EventBatch, Statuses


class StoreObserver:
    """Ignore a store's events; a subclass counts them. The calls come from the thread that writes."""

    def observe_commit(self, work: Sequence[Any], results: Sequence[Any], seconds: float) -> None:
        """Observe a group commit: its writes, the result of each, and its duration in seconds."""

    def observe_failure(self, error: BaseException) -> None:
        """Observe an error, other than a StoreError, that ended a write."""

    def observe_checkpoint(self, seconds: float) -> None:
        """Observe a checkpoint and its duration in seconds."""


def count_violations(batch: EventBatch, statuses: Statuses) -> Mapping[str, int]:
    """Count the violations by kind in the rows of a batch that changed stored events."""
    lists = batch.system["violations"].combine_chunks()
    kinds = lists.flatten().field("kind")
    if not len(kinds):
        return {}
    is_changed = np.isin(statuses, CHANGES)
    if not is_changed.all():
        kinds = kinds.filter(pa.array(is_changed[np.asarray(pc.list_parent_indices(lists))]))
    return {one["values"]: one["counts"] for one in kinds.value_counts().to_pylist()}
