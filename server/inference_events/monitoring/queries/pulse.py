"""The pulse of a model: what a client asks every few seconds to learn whether something has changed.

So it costs little, however many events there are. Data revisions come from the changes alone. Events are read only of
an environment whose revision has changed since, and then at most MAX_COUNTED of them are counted.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import NamedTuple

import pyarrow as pa
from sqlalchemy.orm import Session

from inference_events.catalog import Catalog, alert_records, environments, jobs, models
from inference_events.catalog.tables import Environment
from inference_events.events.store import EventStore
from inference_events.events.types import DataRevision, MatchCount, Query
from inference_events.models.registry import ModelRegistry

MAX_ENVIRONMENTS = 100
MAX_COUNTED = 100_000
MAX_REMEMBERED = 10_000
NEVER_CHANGED = DataRevision(0, 0)


class NewestEvent(NamedTuple):
    """The event with the latest time: that time, and when it was received, in UTC microseconds."""

    time: int
    received_at: int


class Content(NamedTuple):
    """What an environment holds at a data revision or a little later."""

    events: MatchCount
    newest: NewestEvent | None


class StoredEvents(NamedTuple):
    """The data revision of an environment, and what it holds then."""

    data_revision: DataRevision
    content: Content


@dataclass(frozen=True)
class Pulse:
    """The environments of a model, PRODUCTION first, how many it has, its unfinished jobs and its open alerts.

    `stored` is by the environment's id.
    """

    environments: Sequence[Environment]
    total: int
    jobs: Mapping[str, int]
    alerts: Mapping[str, int]
    stored: Mapping[str, StoredEvents]


class ContentReader:
    """Reads what environments hold, and remembers it with their data revisions."""

    def __init__(self, store: EventStore) -> None:
        self._store = store
        self._content = lru_cache(MAX_REMEMBERED)(self._read_content)

    def read(self, model_id: str, environment_ids: Sequence[str]) -> Mapping[str, StoredEvents]:
        """Return what some environments of a model hold. Raises ModelUnknown."""
        # Before the content, which may then be newer: the next call sees another revision and reads again.
        revisions = self._store.data_revisions(model_id)
        found = {id: revisions.get(id, NEVER_CHANGED) for id in environment_ids}
        return {id: StoredEvents(revision, self._content(model_id, id, revision)) for id, revision in found.items()}

    def _read_content(self, model_id: str, environment_id: str, revision: DataRevision) -> Content:
        newest = Query(model_id, environment_id, limit=1, is_descending=True, columns=())
        events = self._store.count_matches(newest, MAX_COUNTED)
        times = self._store.read(newest).system.select(["timestamp", "received_at"])
        found = [column.cast(pa.int64()).to_pylist() for column in times.columns]
        return Content(events, NewestEvent(found[0][0], found[1][0]) if found[0] else None)


class PulseReader:
    """Reads the pulse of models. It may take a while, so call it outside the event loop."""

    def __init__(self, catalog: Catalog, registry: ModelRegistry, store: EventStore) -> None:
        self._catalog = catalog
        self._registry = registry
        self._content = ContentReader(store)

    def read(self, model_id: str) -> Pulse:
        """Return the pulse of a model. Raises ObjectNotFound."""

        def find(session: Session) -> Pulse:
            model = models.get(session, model_id)
            rows, total = environments.of_model(session, model.id, MAX_ENVIRONMENTS)
            alerts = alert_records.open_rules(session, model.id)
            return Pulse(rows, total, jobs.unfinished_of_model(session, model.id), alerts, {})

        found = self._catalog.read(find)
        ids = [row.id for row in found.environments]
        stored = self._registry.with_schema_retry(model_id, lambda: self._content.read(model_id, ids))
        return replace(found, stored=stored)
