"""Judgements of bins on every database: their records, versions and announcements, and what retention removes."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from inference_events.alerts.judgements import Severity, record_judgements
from inference_events.catalog import Catalog, alert_retention, alert_rules, models, organizations, projects, tokens
from inference_events.catalog.alert_tables import AlertEvaluation, AlertRecord, AlertRule, AlertRuleRevision
from inference_events.catalog.concurrency import Lock
from tests.contract.alerts import judge, judgement

DEFAULT, WARNING, CRITICAL = Severity
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
def rule_id(catalog: Catalog) -> str:
    """Give a rule about the traffic of a model."""

    def make(session: Session) -> str:
        token_id = tokens.create(session, "tester", ["admin"])[0].id
        model = models.create(session, projects.create(session, "p").id, MODEL, token_id)
        fixed = {"critical_threshold": 2, "warning_threshold": 5, "auto_threshold_params": None}
        described = {"priority": "HIGH", "compare_to": "raw_value", "condition": "lesser", "bin_size": "Hour"}
        row = AlertRule(
            name="mine",
            model_id=model.id,
            metric_id="traffic",
            threshold_type="manual",
            evaluation_delay=0,
            revision=1,
            created_by_id=token_id,
            updated_by_id=token_id,
            **described,
            **fixed,
        )
        return alert_rules.create(session, row).id

    return catalog.write(make)


def records(catalog: Catalog) -> list[tuple[float, str, int, int, bool]]:
    def find(session: Session) -> list[tuple[float, str, int, int, bool]]:
        rows = session.scalars(select(AlertRecord).order_by(AlertRecord.number))
        return [(one.value, one.severity, one.main_version, one.sub_version, one.is_newest) for one in rows]

    return catalog.read(find)


def count(catalog: Catalog, table: Any) -> int:
    return catalog.read(lambda session: session.scalar(select(func.count()).select_from(table))) or 0


def test_a_record_is_made_for_each_change(catalog: Catalog, rule_id: str) -> None:
    """An alert, each change of its value or severity, and its end make a record; the same again makes none."""
    steps = [
        (7.0, DEFAULT),
        (4.0, WARNING),
        (4.0 * (1 + 1e-12), WARNING),
        (3.0, WARNING),
        (1.0, CRITICAL),
        (9.0, DEFAULT),
        (8.0, DEFAULT),
        (4.0, WARNING),
    ]
    made = judge(catalog, rule_id, *(judgement(value, severity) for value, severity in steps))
    assert [one is not None for one in made] == [False, True, False, True, True, True, False, True]
    assert records(catalog) == [
        (4.0, "WARNING", 1, 1, False),
        (3.0, "WARNING", 1, 2, False),
        (1.0, "CRITICAL", 2, 1, False),
        (9.0, "DEFAULT", 3, 1, False),
        (4.0, "WARNING", 4, 1, True),
    ]
    assert count(catalog, AlertEvaluation) == 1


def test_missing_data_ends_no_alert(catalog: Catalog, rule_id: str) -> None:
    """A judgement without a value makes no record, and the alert before it stands."""
    judge(catalog, rule_id, judgement(1, CRITICAL), judgement(None, None, reason="no_rows"))
    assert records(catalog) == [(1.0, "CRITICAL", 1, 1, True)]
    state = catalog.read(lambda session: session.scalars(select(AlertEvaluation)).one().state)
    assert state == "no_data"


def test_columns_and_bins_have_their_own_records(catalog: Catalog, rule_id: str) -> None:
    """The same value of another column, or in another bin, is another alert."""
    judge(catalog, rule_id, judgement(1, CRITICAL, column="age"), judgement(1, CRITICAL, column="p"))
    judge(catalog, rule_id, judgement(1, CRITICAL, hours=1, column="age"))
    assert records(catalog) == [(1.0, "CRITICAL", 1, 1, True)] * 3


def test_an_announcement_is_part_of_the_transaction(catalog: Catalog, rule_id: str) -> None:
    """It gets the record and the one before; if it fails, no judgement is stored. A quiet rule announces nothing."""
    heard: list[tuple[str, str | None]] = []

    def hear(_: AlertRule, session: Session, record: AlertRecord, previous: AlertRecord | None) -> None:
        heard.append((record.severity, None if previous is None else previous.severity))
        if record.value == 0:
            raise ZeroDivisionError

    def store(value: float, severity: Severity) -> None:
        def record(session: Session) -> None:
            rule = alert_rules.get(session, rule_id, Lock.EXCLUSIVE)
            record_judgements(session, [(rule, judgement(value, severity))], hear)

        catalog.write(record)

    store(4, WARNING)
    store(1, CRITICAL)
    with pytest.raises(ZeroDivisionError):
        store(0, CRITICAL)
    assert [value for value, *_ in records(catalog)] == [4, 1]
    assert heard[:2] == [("WARNING", None), ("CRITICAL", "WARNING")]

    def quieten(session: Session) -> None:
        alert_rules.get(session, rule_id).enable_notification = False

    catalog.write(quieten)
    store(9, DEFAULT)
    assert len(heard) == 3
    assert catalog.read(lambda session: session.scalars(select(AlertRecord.is_suppressed)).all())[-1]


def test_revisions_keep_their_thresholds(catalog: Catalog, rule_id: str) -> None:
    """Each revision has the thresholds that it was made with."""

    def change(session: Session) -> None:
        row = alert_rules.get(session, rule_id, Lock.EXCLUSIVE)
        row.critical_threshold = 1
        alert_rules.update(session, row, row.created_by_id, is_new_revision=True)

    catalog.write(change)
    kept = catalog.read(lambda session: alert_rules.revisions(session, rule_id))
    assert [(one.revision, one.critical_threshold, one.warning_threshold) for one in kept] == [(1, 2, 5), (2, 1, 5)]


def test_expired_records_are_forgotten_in_steps(catalog: Catalog, rule_id: str) -> None:
    """Records go by the time they were made, evaluations by the time of the judgement, a few at a time."""
    judge(catalog, rule_id, *(judgement(1, CRITICAL, hours=hours) for hours in range(5)))
    later = datetime.now(UTC) + timedelta(days=1)
    assert catalog.write(lambda session: alert_retention.forget_records(session, later - timedelta(days=2), 2)) == 0
    assert catalog.write(lambda session: alert_retention.forget_records(session, later, 3)) == 3
    assert catalog.write(lambda session: alert_retention.forget_records(session, later, 3)) == 2
    assert count(catalog, AlertEvaluation) == 5
    before = judgement(1, CRITICAL, hours=3).judged_at
    assert catalog.write(lambda session: alert_retention.forget_evaluations(session, before, 10)) == 3
    assert count(catalog, AlertEvaluation) == 2


@pytest.mark.parametrize("what", ["rule", "model"])
def test_nothing_is_left_of_a_deleted_rule(catalog: Catalog, rule_id: str, what: str) -> None:
    """The rule of a deleted model goes; the records, evaluations and revisions of a deleted rule follow in steps."""
    judge(catalog, rule_id, *(judgement(1, CRITICAL, hours=hours) for hours in range(3)))

    def remove(session: Session) -> None:
        row = alert_rules.get(session, rule_id)
        if what == "rule":
            alert_rules.delete(session, rule_id)
        else:
            models.delete(session, row.model_id)

    assert not catalog.write(lambda session: alert_retention.forget_traces(session, 2))
    catalog.write(remove)
    assert catalog.write(lambda session: alert_retention.forget_rules(session, 10)) == (what == "model")
    steps = 0
    while catalog.write(lambda session: alert_retention.forget_traces(session, 2)):
        steps += 1
    assert steps == 3
    for table in (AlertRule, AlertRecord, AlertEvaluation, AlertRuleRevision):
        assert count(catalog, table) == 0
