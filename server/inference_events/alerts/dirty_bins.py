"""Find the judged bins whose events have changed.

The event store keeps which hours changed after a data revision. The catalog keeps, for each model, the revision up to
which the bins of those hours are queued. Streams of new events raise the revision all the time but change only hours
that are not over. Such a revision is remembered in memory and stored once in a while, so that ingestion causes hardly
any writes here.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from inference_events.alerts.dependence import Dependence, affected, dependence
from inference_events.catalog import Catalog, alert_queue, alert_rules
from inference_events.catalog.alert_queue import KnownRevision
from inference_events.catalog.tables import Baseline
from inference_events.events.hours import MICROSECONDS, HourRange
from inference_events.events.ingest.timestamps import microseconds
from inference_events.events.store import EventStore
from inference_events.events.store_errors import ModelUnknown
from inference_events.events.types import DataRevision

# Hours that are found again after a crash, at most, if only open hours changed.
STORE_EVERY_SECONDS = 600


@dataclass(frozen=True)
class Changes:
    """A later data revision of a model, and the hours that are over and changed before it."""

    known: KnownRevision
    hours: Sequence[HourRange]


class DirtyBins:
    """Finds changes of models. One process at a time may use it, from `reset` on."""

    def __init__(self, catalog: Catalog, store: EventStore, clock: Callable[[], float]) -> None:
        """`clock` returns monotonic seconds."""
        self._catalog = catalog
        self._store = store
        self._clock = clock
        self._seen: dict[str, DataRevision] = {}
        self._stored_at = clock()

    def reset(self) -> None:
        """Forget what is not stored: another process may have judged bins since."""
        self._seen = {}

    def find(self, now: datetime) -> list[Changes]:
        """Return the changes to queue. Between them, revisions that changed only open hours are returned at times."""
        is_time = self._clock() >= self._stored_at + STORE_EVERY_SECONDS
        found = []
        for stored in self._catalog.read(alert_queue.known_revisions):
            changes = self._changes(stored, now)
            if changes.hours or (is_time and changes.known.revision != stored.revision):
                found.append(changes)
            else:
                self._seen[stored.model_id] = changes.known.revision
        if is_time:
            self._stored_at = self._clock()
        return found

    def note_stored(self, found: Sequence[Changes]) -> None:
        """Note that changes are queued."""
        self._seen |= {changes.known.model_id: changes.known.revision for changes in found}

    def _changes(self, stored: KnownRevision, now: datetime) -> Changes:
        model_id, environment_id, revision = stored
        since = self._seen.get(model_id, revision)
        # A model that is deleted meanwhile has no changes.
        with suppress(ModelUnknown):
            current = self._store.data_revision(model_id, environment_id)
            if current != since:
                open_hour = microseconds(now) // MICROSECONDS
                hours = self._store.dirty_hours(model_id, environment_id, since)
                closed = [(first, min(last, open_hour - 1)) for first, last in hours if first < open_hour]
                return Changes(KnownRevision(model_id, environment_id, current), closed)
        return Changes(stored._replace(revision=since), ())


def queue_changes(session: Session, found: Sequence[Changes], due_at: datetime) -> int:
    """Queue the judged bins that depend on changed hours, and raise the revisions. Return how many bins are new."""
    queued = 0
    for changes in found:
        for depends, rule_ids in (_rules(session, changes.known.model_id) if changes.hours else {}).items():
            queued += alert_queue.queue_judged(session, rule_ids, affected(depends, changes.hours), due_at)
        alert_queue.raise_revision(session, changes.known)
    return queued


def _rules(session: Session, model_id: str) -> Mapping[Dependence, list[str]]:
    """Return the rules of a model by what their bins depend on."""
    baselines = session.scalars(select(Baseline).where(Baseline.model_id == model_id)).all()
    rules = defaultdict[Dependence, list[str]](list)
    for rule in alert_rules.of_model(session, model_id):
        rules[dependence(rule, baselines)].append(rule.id)
    return rules
