"""Store what the facts about rules mean, in the transaction of the caller."""

from collections import defaultdict
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from inference_events.alerts.facts import Facts
from inference_events.alerts.judgements import NO_COLUMN, Announce, Judged, State, record_judgements
from inference_events.alerts.judging import judge
from inference_events.alerts.plans import RulesFacts
from inference_events.alerts.thresholds import MANUAL
from inference_events.catalog import alert_queue, alert_rules
from inference_events.catalog.alert_queue import KnownRevision
from inference_events.catalog.alert_tables import AlertEvaluation, AlertRecord, AlertRule


def record(session: Session, found: RulesFacts, announce: Announce, judged_at: datetime) -> list[AlertRecord]:
    """Judge rules by their present thresholds, and store the judgements. Return the records that they made.

    A rule that was deleted meanwhile is left out.
    """
    alert_queue.keep_first(session, KnownRevision(found.model_id, found.environment_id, found.data_revision))
    made: list[AlertRecord] = []
    judged: list[Judged] = []
    by_rule = defaultdict[str, list[Facts]](list)
    for one in found.bins:
        by_rule[one.rule_id] += one.facts
    for rule in alert_rules.lock_all(session, by_rule):
        for facts in by_rule[rule.id]:
            judgement = judge(rule, facts, judged_at, _left_out(session, rule, facts))
            if rule.threshold_type == MANUAL:
                judged.append((rule, judgement))
            else:
                # The thresholds of other bins depend on it.
                made += record_judgements(session, [(rule, judgement)], announce)
    return made + record_judgements(session, judged, announce)


def _left_out(session: Session, rule: AlertRule, facts: Facts) -> frozenset[datetime]:
    """Return the bins that automatic thresholds do without, because they were critical."""
    if rule.threshold_type == MANUAL or not facts.history:
        return frozenset()
    rows = select(AlertEvaluation.bin_start).where(
        AlertEvaluation.rule_id == rule.id,
        AlertEvaluation.column == (facts.column or NO_COLUMN),
        AlertEvaluation.bin_start.between(facts.history[0][0], facts.history[-1][0]),
        AlertEvaluation.state == State.CRITICAL.value,
    )
    return frozenset(session.scalars(rows))
