"""The queue of bins to judge, on every database."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from inference_events.alerts.judgements import Severity
from inference_events.catalog import Catalog, alert_queue, alert_rules, models, organizations, projects, tokens
from inference_events.catalog.alert_queue import Behind, KnownRevision, RuleBin
from inference_events.catalog.alert_tables import AlertRule
from inference_events.events.types import DataRevision
from tests.contract.alerts import BIN, HOUR, judge, judgement

NOW = datetime(2026, 11, 26, tzinfo=UTC)
MODEL = {
    "name": "churn",
    "input_type": "structured",
    "task": "not_set",
    "schema": {"columns": [{"name": "age", "data_type": "int"}]},
    "spec": {"inputs": ["age"]},
}


@pytest.fixture
def catalog(catalog_url: str) -> Iterator[Catalog]:
    catalog = Catalog(catalog_url)
    catalog.write(lambda session: organizations.ensure(session, "acme"))
    yield catalog
    catalog.close()


@pytest.fixture
def rules(catalog: Catalog) -> Sequence[Behind]:
    """Give two rules of a model that were never judged."""

    def make(session: Session) -> None:
        token_id = tokens.create(session, "tester", ["admin"])[0].id
        model = models.create(session, projects.create(session, "p").id, MODEL, token_id)
        fixed = {"metric_id": "traffic", "priority": "HIGH", "compare_to": "raw_value", "condition": "lesser"}
        by = {"created_by_id": token_id, "updated_by_id": token_id, "revision": 1}
        more = {"threshold_type": "manual", "evaluation_delay": 0, "critical_threshold": 2, "bin_size": "Hour"}
        for name in ("a", "b"):
            alert_rules.create(session, AlertRule(name=name, model_id=model.id, **fixed, **more, **by))

    catalog.write(make)
    assert catalog.read(alert_queue.schedules) == [("Hour", 0)]
    return behind(catalog, BIN)


def behind(catalog: Catalog, closed: datetime) -> Sequence[Behind]:
    return sorted(catalog.read(lambda session: alert_queue.behind(session, "Hour", 0, closed)))


def queue(catalog: Catalog, rules: Sequence[Behind], *hours: int) -> None:
    """Queue bins of each rule, some hours after BIN."""
    starts = [BIN + hour * HOUR for hour in hours]
    catalog.write(lambda session: alert_queue.queue_closed(session, rules, [starts] * len(rules), max(starts), NOW))


def due(catalog: Catalog, rules: Sequence[Behind], now: datetime = NOW) -> list[tuple[int, int]]:
    """Return the numbers of rules and the hours after BIN that are due, in order."""
    ids = [rule.rule_id for rule in rules]
    found = catalog.read(lambda session: alert_queue.due_of_model(session, rules[0].model_id, now, 99))
    return [(ids.index(one.rule_id), (one.bin_start - BIN) // HOUR) for one in found]


def test_closed_bins_are_queued_once(catalog: Catalog, rules: Sequence[Behind]) -> None:
    """A watermark only rises, bins come newest first, and a bin that is queued already stays as it is."""
    assert [rule.watermark for rule in rules] == [None, None]
    queue(catalog, rules, 0)
    queue(catalog, rules[:1], -1, 1)
    queue(catalog, rules[:1], 0)
    assert due(catalog, rules) == [(0, 1), (0, 0), (1, 0), (0, -1)]
    assert due(catalog, rules, NOW - HOUR) == []
    assert [rule.watermark for rule in behind(catalog, BIN + 2 * HOUR)] == [BIN + HOUR, BIN]
    assert [rule.rule_id for rule in behind(catalog, BIN + HOUR)] == [rules[1].rule_id]
    assert catalog.read(lambda session: alert_queue.next_model(session, NOW)) == rules[0].model_id


def test_bins_leave_the_queue(catalog: Catalog, rules: Sequence[Behind]) -> None:
    """Judged bins and those of a model go, the oldest go if there are too many, and postponed ones wait."""
    queue(catalog, rules, 0, 1, 2)
    one = [RuleBin(rules[0].rule_id, BIN + HOUR)]
    catalog.write(lambda session: alert_queue.remove(session, one))
    assert catalog.write(lambda session: alert_queue.drop_oldest(session, 3)) == 2
    assert catalog.write(lambda session: alert_queue.drop_oldest(session, 3)) == 0
    assert due(catalog, rules) == [(0, 2), (1, 2), (1, 1)]
    later = [RuleBin(rules[1].rule_id, BIN + 2 * HOUR)]
    catalog.write(lambda session: alert_queue.postpone(session, later, NOW + HOUR))
    assert due(catalog, rules) == [(0, 2), (1, 1)]
    catalog.write(lambda session: alert_queue.remove_model(session, rules[0].model_id))
    assert catalog.read(alert_queue.count) == 0


def test_judged_bins_are_queued_again(catalog: Catalog, rules: Sequence[Behind]) -> None:
    """Of the bins in the ranges, those that were judged are queued, each once, also for several columns."""
    rule_id = rules[0].rule_id
    judge(catalog, rule_id, *(judgement(1, Severity.CRITICAL, hours=hours, column="age") for hours in range(4)))
    judge(catalog, rule_id, judgement(1, Severity.CRITICAL, hours=1, column="p"))
    ranges = [(BIN - HOUR, BIN - HOUR), (BIN + HOUR, BIN + 2 * HOUR), (BIN + 9 * HOUR, BIN + 10 * HOUR)]
    later = NOW + timedelta(minutes=1)
    ids = [rule.rule_id for rule in rules]
    for new in (2, 0):
        assert catalog.write(lambda session: alert_queue.queue_judged(session, ids, ranges, later)) == new
    assert (due(catalog, rules), due(catalog, rules, later)) == ([], [(0, 2), (0, 1)])


def test_revisions_of_events_rise(catalog: Catalog, rules: Sequence[Behind]) -> None:
    """The first one is that of the first judgement; all that is kept of deleted rules is forgotten."""
    first, later = (KnownRevision(rules[0].model_id, "environment", DataRevision(number, number)) for number in (3, 5))
    for known in (first, later):
        catalog.write(lambda session, known=known: alert_queue.keep_first(session, known))  # type: ignore[misc]
    assert catalog.read(alert_queue.known_revisions) == [first]
    catalog.write(lambda session: alert_queue.raise_revision(session, later))
    assert catalog.read(alert_queue.known_revisions) == [later]
    queue(catalog, rules, 0)
    catalog.write(lambda session: alert_rules.delete(session, rules[0].rule_id))
    catalog.write(alert_queue.forget)
    assert (catalog.read(alert_queue.count), catalog.read(alert_queue.known_revisions)) == (1, [later])
    catalog.write(lambda session: alert_rules.delete(session, rules[1].rule_id))
    catalog.write(alert_queue.forget)
    assert (catalog.read(alert_queue.count), catalog.read(alert_queue.known_revisions)) == (0, [])
