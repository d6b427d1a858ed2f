"""Find the facts about bins of rules. A rule whose figures cannot be computed does not hold up the others."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from threading import Event

import structlog
from sqlalchemy.orm import Session

from inference_events.alerts.plans import RulesFacts, RulesPlan, plan_rules
from inference_events.catalog.alert_queue import RuleBin
from inference_events.errors import ObjectNotFound, ServiceUnavailable
from inference_events.events.store_errors import Retryable
from inference_events.monitoring.engine import Computation, QueryCancelled, QueryTimeout, QueryTooLarge
from inference_events.monitoring.queries import FigureService
from inference_events.monitoring.subject import Subject

REASONS: dict[type[Exception], str] = {QueryTimeout: "timeout", QueryTooLarge: "too_large"}
BROKEN = "failed"

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class _Explanation:
    """A plan whose figures cannot be computed."""

    plan: RulesPlan
    reason: str

    @property
    def subject(self) -> Subject:
        return self.plan.subject

    def compute(self, computation: Computation) -> RulesFacts:
        return self.plan.explain(computation, self.reason)


def find_facts(figures: FigureService, model_id: str, wanted: Sequence[RuleBin], cancelled: Event) -> list[RulesFacts]:
    """Return the facts about bins of a model's rules, in parts if one computation cannot find all of them.

    Raises ObjectNotFound for a deleted model, QueryCancelled, and ServiceUnavailable and Retryable if it may be tried
    again later.
    """
    prepare = partial(plan_rules, model_id=model_id, wanted=wanted)
    try:
        return [figures.compute_here(model_id, prepare, cancelled)]
    except (ObjectNotFound, QueryCancelled, Retryable):
        raise
    except Exception as error:
        if isinstance(error, ServiceUnavailable) and not isinstance(error, QueryTimeout):
            raise
        if len(wanted) > 1:
            middle = len(wanted) // 2
            parts = (wanted[:middle], wanted[middle:])
            return [one for part in parts for one in find_facts(figures, model_id, part, cancelled)]
        return [_explained(figures, model_id, wanted, error, cancelled)]


def _explained(
    figures: FigureService, model_id: str, wanted: Sequence[RuleBin], error: Exception, cancelled: Event
) -> RulesFacts:
    reason = REASONS.get(type(error), BROKEN)
    log.warning(
        "alert_figures_failed", rule=wanted[0].rule_id, reason=reason, exc_info=error if reason == BROKEN else None
    )

    def prepare(session: Session) -> _Explanation:
        return _Explanation(plan_rules(session, model_id, wanted), reason)

    return figures.compute_here(model_id, prepare, cancelled)
