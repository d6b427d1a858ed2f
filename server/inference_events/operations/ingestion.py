"""Show what was ingested in the last hour."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from inference_events.catalog import Catalog, models
from inference_events.catalog.tables import Model
from inference_events.context import current_project_ids
from inference_events.events.ingest.timestamps import format_timestamp
from inference_events.events.types import RowStatus
from inference_events.operations import views
from inference_events.recent_ingestion import MAX_MODELS, Counts, Hour, RecentIngestion, total
from inference_events_api import types as t


@dataclass(frozen=True)
class IngestionReader:
    """Reads what this process ingested. `waiting` returns the number of requests that wait to be ingested."""

    catalog: Catalog
    recent: RecentIngestion
    replica: str | None
    waiting: Callable[[], int]

    def read(self, model_id: str | None) -> t.Ingestion:
        """Return the ingestion of one model, or of all that the request may see. Raises ObjectNotFound."""
        hour = self.recent.read(model_id)

        def find(session: Session) -> Sequence[Model]:
            if model_id is not None:
                return [models.get(session, model_id)]
            return models.brief(session, hour.model_ids())

        known = {model.id: model for model in self.catalog.read(find)}
        is_all = model_id is None and current_project_ids() is None
        by_model = hour.by_model()
        busiest = _busiest(known, by_model)
        shown: t.Ingestion = {
            "replica": self.replica,
            "started_at": _timestamp(self.recent.started_at),
            "read_at": _timestamp(self.recent.now()),
            "waiting_requests": self.waiting(),
            "minutes": _minutes(hour, lambda id: is_all or id in known),
            "models": [_ingestion_of(known[id], by_model[id]) for id in busiest],
        }
        if is_all:
            shown["other"] = _counts(total(counts for id, counts in by_model.items() if id not in busiest))
        return shown


def _timestamp(seconds: float) -> str:
    return format_timestamp(int(seconds * 1_000_000))


def _minutes(hour: Hour, is_counted: Callable[[str], bool]) -> list[t.IngestionMinute]:
    by_minute = hour.by_minute(is_counted).items()
    return [{"minute": _timestamp(minute * 60), "counted": _counts(counts)} for minute, counts in by_minute]


def _busiest(known: Mapping[str, Model], by_model: Mapping[str, Counts]) -> list[str]:
    busy = [id for id in known if id in by_model]
    busy.sort(key=lambda id: (-by_model[id].requests - sum(by_model[id].events), id))
    return busy[:MAX_MODELS]


def _ingestion_of(model: Model, counts: Counts) -> t.ModelIngestion:
    return {
        "model": views.model_reference(model),
        "project": views.project_reference(model.project),
        "counted": _counts(counts),
    }


def _counts(counts: Counts) -> t.IngestionCounts:
    refused: list[t.RefusedRequests] = [
        {"reason": reason, "requests": number} for reason, number in sorted(counts.refused.items())
    ]
    return {
        "requests": counts.requests,
        "bytes": counts.bytes,
        "created": counts.events[RowStatus.CREATED],
        "replaced": counts.events[RowStatus.REPLACED],
        "unchanged": counts.events[RowStatus.UNCHANGED],
        "updated": counts.events[RowStatus.UPDATED],
        "unknown": counts.events[RowStatus.UNKNOWN],
        "rejected": counts.events[RowStatus.CONFLICT],
        "refused": refused,
        "latency": _latency(counts.quantiles()),
    }


def _latency(quantiles: Sequence[float]) -> t.RequestLatency | None:
    if not quantiles:
        return None
    p50, p90, p99 = (round(seconds * 1000, 3) for seconds in quantiles)
    return {"p50_ms": p50, "p90_ms": p90, "p99_ms": p99}
