"""What a rule would have found in bins of the past. Nothing is stored."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from inference_events.alerts import bins
from inference_events.alerts.facts import Earlier, Facts
from inference_events.alerts.judgements import Judgement, Severity
from inference_events.alerts.judging import judge
from inference_events.alerts.plans import Figures, Place, WatchedRule, earlier_start, look_back
from inference_events.alerts.thresholds import MANUAL, TIME_PERIOD
from inference_events.monitoring.engine import Computation
from inference_events.monitoring.metrics import Figure
from inference_events.monitoring.queries import KnownModel, Query
from inference_events.monitoring.subject import Subject


@dataclass(frozen=True)
class PreviewPlan:
    """Consecutive bins of a rule, from `first` on."""

    known: KnownModel
    watched: WatchedRule
    first: datetime
    count: int

    @property
    def subject(self) -> Subject:
        return self.known.subject

    def compute(self, computation: Computation) -> list[Judgement]:
        """Return how each column would have been judged in each bin, column by column, the oldest bin first."""
        figures = Figures(self.known, computation)
        for place in (self._own, self._earlier, self._history):
            if place is not None:
                figures.want(place, self.watched)
        figures.compute()
        queries = (self.watched.queries or {}).items()
        return [one for column, query in queries for one in self._judged(figures, column, query)]

    @property
    def _own(self) -> Place:
        return self.watched.place(self.first, self.count)

    @property
    def _earlier(self) -> Place | None:
        if self.watched.rule.compare_to != TIME_PERIOD:
            return None
        return self.watched.place(earlier_start(self.watched.rule, self.first), self.count)

    @property
    def _history(self) -> Place | None:
        if self.watched.rule.threshold_type == MANUAL:
            return None
        first, count = look_back(self.watched.rule, self.first)
        return self.watched.place(first, count + self.count)

    def _judged(self, figures: Figures, column: str | None, query: Query) -> Iterator[Judgement]:
        rule, left_out = self.watched.rule, set[datetime]()
        for number, facts in enumerate(self._facts(figures, column, query)):
            judgement = judge(rule, facts, bins.moved(rule.bin_size, self.first, number + 1), left_out)
            if judgement.verdict is not None and judgement.verdict.severity is Severity.CRITICAL:
                left_out.add(facts.start)
            yield judgement

    def _facts(self, figures: Figures, column: str | None, query: Query) -> Iterator[Facts]:
        rule = self.watched.rule
        data_revision = figures.revision(self._own, query)
        for number, figure in enumerate(figures.found[self._own, query]):
            start = bins.moved(rule.bin_size, self.first, number)
            earlier = None
            if self._earlier is not None:
                earlier = Earlier(earlier_start(rule, start), figures.found[self._earlier, query][number])
            history = self._values(figures.found[self._history, query], number) if self._history else ()
            yield Facts(self.watched.metric, column, start, figure, data_revision, earlier, history)

    def _values(self, found: Sequence[Figure], number: int) -> list[tuple[datetime, float]]:
        """Return the values of the bins that the thresholds of a bin are made of."""
        rule = self.watched.rule
        first, count = look_back(rule, self.first)
        return [
            (bins.moved(rule.bin_size, first, place), found[place].value or 0.0)
            for place in range(number, number + count)
            if found[place].value is not None
        ]
