"""The figures that alert rules of one model need for some bins, computed together.

Rules share the reads of their rows: figures of the same segment and bins are computed at once, those of the bins that a
rule compares with among them.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from sqlalchemy.orm import Session

from inference_events.alerts import bins
from inference_events.alerts.facts import Earlier, Facts
from inference_events.alerts.judging import HISTORY
from inference_events.alerts.metrics import counted
from inference_events.alerts.thresholds import MANUAL, TIME_PERIOD
from inference_events.catalog import alert_rules
from inference_events.catalog.alert_queue import RuleBin
from inference_events.catalog.alert_tables import AlertRule
from inference_events.errors import ApiError
from inference_events.events.types import DataRevision
from inference_events.monitoring import fql
from inference_events.monitoring.engine import Bins, Computation
from inference_events.monitoring.metrics import Figure
from inference_events.monitoring.queries import KnownModel, Query, Window, compute_figures, known_model, revision
from inference_events.monitoring.queries.known import known_segment
from inference_events.monitoring.queries.names import NamedMetric, named_query
from inference_events.monitoring.subject import Subject

INVALID = "invalid"
# How many bins are looked at for those with a value, as a multiple of those that automatic thresholds take.
LOOK_BACK = 2
PLACES = dict.fromkeys(("id", "column", "category", "baseline_id"), "")


class Place(NamedTuple):
    """Bins of the events in a segment."""

    segment: fql.Segment | None
    bins: Bins


@dataclass(frozen=True)
class WatchedRule:
    """A rule with a query for each of its columns. A rule that cannot be computed any more has none."""

    rule: AlertRule
    metric: str
    segment: fql.Segment | None
    queries: Mapping[str | None, Query] | None

    def place(self, first: datetime, count: int = 1) -> Place:
        """Return bins of the rule, from the first on."""
        return Place(self.segment, bins.as_bins(self.rule.bin_size, first, count))


@dataclass(frozen=True)
class BinFacts:
    """The facts about all columns of a rule in a bin."""

    rule_id: str
    start: datetime
    facts: Sequence[Facts]


@dataclass(frozen=True)
class RulesFacts:
    """What rules of a model are judged by, at one data revision of its production events."""

    model_id: str
    environment_id: str
    data_revision: DataRevision
    bins: Sequence[BinFacts]


@dataclass(frozen=True)
class RulesPlan:
    """Rules of one model, each with the start of a bin."""

    known: KnownModel
    wanted: Sequence[tuple[WatchedRule, datetime]]

    @property
    def subject(self) -> Subject:
        return self.known.subject

    def compute(self, computation: Computation) -> RulesFacts:
        """Return the facts about each rule and bin."""
        figures = Figures(self.known, computation)
        for watched, start in self.wanted:
            for place in _places(watched, start):
                figures.want(place, watched)
        figures.compute()
        found = [
            BinFacts(watched.rule.id, start, list(_facts(watched, start, figures))) for watched, start in self.wanted
        ]
        return self._at(computation, found)

    def explain(self, computation: Computation, reason: str) -> RulesFacts:
        """Return facts without figures, because these cannot be computed."""
        found = [BinFacts(watched.rule.id, start, _reasons(watched, start, reason)) for watched, start in self.wanted]
        return self._at(computation, found)

    def _at(self, computation: Computation, found: Sequence[BinFacts]) -> RulesFacts:
        environment_id = self.known.production_id
        revision = computation.data_revision(environment_id)
        return RulesFacts(self.known.model.id, environment_id, revision, found)


def plan_rules(session: Session, model_id: str, wanted: Sequence[RuleBin]) -> RulesPlan:
    """Return a plan for bins of a model's rules, without those of deleted rules. Raises ObjectNotFound."""
    known = known_model(session, model_id)
    ids = {one.rule_id for one in wanted}
    watched = {row.id: watch(session, known, row) for row in alert_rules.of_model(session, model_id) if row.id in ids}
    return RulesPlan(known, [(watched[id], start) for id, start in wanted if id in watched])


def watch(session: Session, known: KnownModel, rule: AlertRule) -> WatchedRule:
    """Return a rule with what it watches. If that is not valid any more, its bins have no figures."""
    custom = known.custom_metrics.get(rule.metric_id)
    name = rule.metric_id if custom is None else custom.name
    try:
        segment = known_segment(session, known, rule.segment_id, None, ("", ""))
        queries = {column: named_query(known, _named(rule, column), PLACES) for column in _columns(rule)}
    except ApiError:
        return WatchedRule(rule, name, None, None)
    return WatchedRule(rule, name, segment, queries)


def _columns(rule: AlertRule) -> Sequence[str | None]:
    return [column.name for column in rule.columns] or [None]


def _named(rule: AlertRule, column: str | None) -> NamedMetric:
    return NamedMetric(rule.metric_id, column, counted(rule.metric_id, rule.category), rule.baseline_id)


@dataclass
class Figures:
    """Finds figures, by their place and query. Those of a place are computed together."""

    known: KnownModel
    computation: Computation
    wanted: dict[Place, dict[Query, None]] = field(default_factory=dict)
    found: dict[tuple[Place, Query], list[Figure]] = field(default_factory=dict)
    revisions: dict[Query, str] = field(default_factory=dict)

    def want(self, place: Place, watched: WatchedRule) -> None:
        """Compute the figures of a rule at a place."""
        queries = (watched.queries or {}).values()
        if queries:
            self.wanted.setdefault(place, {}).update(dict.fromkeys(queries))

    def compute(self) -> None:
        """Compute all that is wanted."""
        subject, baselines = self.known.subject, self.known.baselines_by_name
        for place, wanted in self.wanted.items():
            queries = list(wanted)
            found = compute_figures(self.computation, self._window(place), queries, subject, baselines)
            self.found |= {(place, query): one for query, one in zip(queries, found, strict=True)}

    def revision(self, place: Place, query: Query) -> str:
        """Return the data revision of a figure."""
        if query not in self.revisions:
            baselines = self.known.baselines_by_name
            self.revisions[query] = revision(self.computation, self._window(place), [query], baselines)
        return self.revisions[query]

    def _window(self, place: Place) -> Window:
        return Window(self.known.production_id, place.bins, place.segment)


def _places(watched: WatchedRule, start: datetime) -> Iterator[Place]:
    yield watched.place(start)
    if watched.rule.compare_to == TIME_PERIOD:
        yield watched.place(earlier_start(watched.rule, start))
    if watched.rule.threshold_type != MANUAL:
        yield watched.place(*look_back(watched.rule, start))


def earlier_start(rule: AlertRule, start: datetime) -> datetime:
    """Return the start of the bin that a bin is compared with."""
    return bins.moved(rule.bin_size, start, -(rule.compare_bin_delta or 1))


def look_back(rule: AlertRule, start: datetime) -> tuple[datetime, int]:
    """Return the first of the bins that automatic thresholds are made of, and their number."""
    count = LOOK_BACK * HISTORY[rule.bin_size]
    return bins.moved(rule.bin_size, start, -count), count


def _facts(watched: WatchedRule, start: datetime, figures: Figures) -> Iterator[Facts]:
    rule = watched.rule
    if watched.queries is None:
        yield from _reasons(watched, start, INVALID)
        return
    for column, query in watched.queries.items():
        place = watched.place(start)
        earlier, history = None, list[tuple[datetime, float]]()
        if rule.compare_to == TIME_PERIOD:
            before = earlier_start(rule, start)
            earlier = Earlier(before, figures.found[watched.place(before), query][0])
        if rule.threshold_type != MANUAL:
            first, count = look_back(rule, start)
            values = figures.found[watched.place(first, count), query]
            history = [
                (bins.moved(rule.bin_size, first, number), one.value)
                for number, one in enumerate(values)
                if one.value is not None
            ]
        yield Facts(
            watched.metric,
            column,
            start,
            figures.found[place, query][0],
            figures.revision(place, query),
            earlier,
            history,
        )


def _reasons(watched: WatchedRule, start: datetime, reason: str) -> list[Facts]:
    return [Facts(watched.metric, column, start, reason, "") for column in _columns(watched.rule)]
