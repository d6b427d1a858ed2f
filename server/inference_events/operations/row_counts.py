"""Count the events of environments and baselines. It may take long, so call it outside the event loop."""

from collections.abc import Iterable, Mapping

from inference_events.catalog.tables import Baseline, Environment
from inference_events.events.ingest.timestamps import microseconds
from inference_events.events.store import EventStore
from inference_events.events.store_errors import ModelUnknown


def of_environments(store: EventStore, environments: Iterable[Environment]) -> Mapping[str, int]:
    """Return the number of events of each environment by its id, with one query per model."""
    rows = list(environments)
    counts: dict[str, int] = {}
    for model_id in {row.model_id for row in rows}:
        counts |= _counts(store, model_id)
    return {row.id: counts.get(row.id, 0) for row in rows}


def of_baselines(store: EventStore, baselines: Iterable[Baseline]) -> Mapping[str, int | None]:
    """Return the number of events of each baseline by its id, None for a window that moves."""
    rows = list(baselines)
    datasets = of_environments(store, (row.environment for row in rows if _is_dataset(row)))
    return {row.id: datasets[row.environment_id] if _is_dataset(row) else _in_range(store, row) for row in rows}


def _is_dataset(baseline: Baseline) -> bool:
    return baseline.start_time is None and baseline.window_bin_size is None


def _in_range(store: EventStore, baseline: Baseline) -> int | None:
    if baseline.start_time is None or baseline.end_time is None:
        return None
    start, end = microseconds(baseline.start_time), microseconds(baseline.end_time)
    try:
        return store.count(baseline.model_id, baseline.environment_id, start, end)
    except ModelUnknown:
        return 0


def _counts(store: EventStore, model_id: str) -> Mapping[str, int]:
    try:
        return store.counts(model_id)
    except ModelUnknown:
        # The model is being deleted, or the server stopped between the writes to the catalog and the store.
        return {}
