"""What the judgement of a bin leaves behind: its evaluation, perhaps a record, and what is announced with it.

All of it is written in one transaction. The first record of a column in a bin is that of an alert. Another follows if
the severity changes or, as long as it is an alert, the value; a judgement that finds the same again writes none. So a
bin may be judged any number of times.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol, TypeAlias

from sqlalchemy.orm import Session

from inference_events.catalog import alert_records
from inference_events.catalog.alert_records import RecordKey
from inference_events.catalog.alert_tables import AlertEvaluation, AlertRecord, AlertRule
from inference_events.catalog.concurrency import insert_or_replace

# Sums of floats may differ in their last digits from one computation to the next.
SAME = 1e-9
LEARNING = "learning"
NO_COLUMN = ""


class Severity(StrEnum):
    DEFAULT = "DEFAULT"
    WARNING = "WARNING"
    CRITICAL = "CRITICAL"


class State(StrEnum):
    OK = "ok"
    WARNING = "warning"
    CRITICAL = "critical"
    NO_DATA = "no_data"
    LEARNING = "learning"


STATES = {Severity.DEFAULT: State.OK, Severity.WARNING: State.WARNING, Severity.CRITICAL: State.CRITICAL}


@dataclass(frozen=True)
class Verdict:
    """The severity of a value, and the thresholds that it was compared with."""

    severity: Severity
    critical_threshold: float
    warning_threshold: float | None
    message: str


@dataclass(frozen=True)
class Judgement:
    """How a column of a rule was judged in a bin; `column` is None for a rule without columns.

    Without a verdict, `reason` says why there is none, and LEARNING means that thresholds lack earlier bins. With one,
    `value` is a finite number.
    """

    column: str | None
    bin_start: datetime
    revision: int
    data_revision: str
    judged_at: datetime
    value: float | None = None
    reason: str | None = None
    verdict: Verdict | None = None
    baseline_value: float | None = None
    baseline_bin_start: datetime | None = None

    @property
    def state(self) -> State:
        if self.verdict is not None:
            return STATES[self.verdict.severity]
        return State.LEARNING if self.reason == LEARNING else State.NO_DATA


class Announce(Protocol):
    """Adds what is to be sent for a new record of a rule. It gets the record before it, if there was one."""

    def __call__(
        self, rule: AlertRule, session: Session, record: AlertRecord, previous: AlertRecord | None, /
    ) -> None: ...


Judged: TypeAlias = tuple[AlertRule, Judgement]


def record_judgements(
    session: Session, judged: Sequence[Judged], announce: Announce | None = None
) -> list[AlertRecord]:
    """Store judgements, each of another column or bin. Return the records that they made.

    Lock the rules first, with `Lock.EXCLUSIVE`, so that nobody else judges them meanwhile. A record of a rule with
    `enable_notification` is announced; that of another is suppressed. The number of statements does not depend on
    that of the judgements, except for records.
    """
    _keep_evaluations(session, judged)
    with_verdict = [
        (rule, one, one.verdict, one.value) for rule, one in judged if one.verdict and one.value is not None
    ]
    previous = alert_records.newest(session, [_key(rule, one) for rule, one, _, _ in with_verdict])
    made = []
    for rule, judgement, verdict, value in with_verdict:
        before = previous.get(_key(rule, judgement))
        if _is_news(before, verdict.severity, value):
            record = _record(rule, judgement, verdict, value, _version(before, verdict.severity))
            if before is not None:
                before.is_newest = False
            session.add(record)
            made.append((rule, record, before))
    session.flush()
    for rule, record, before in made:
        if announce is not None and not record.is_suppressed:
            announce(rule, session, record, before)
    return [record for _, record, _ in made]


def _keep_evaluations(session: Session, judged: Sequence[Judged]) -> None:
    rows = [
        {
            "rule_id": rule.id,
            "column": judgement.column or NO_COLUMN,
            "bin_start": judgement.bin_start,
            "model_id": rule.model_id,
            "revision": judgement.revision,
            "state": judgement.state.value,
            "reason": judgement.reason,
            "value": judgement.value,
            "baseline_value": judgement.baseline_value,
            "data_revision": judgement.data_revision,
            "judged_at": judgement.judged_at,
        }
        for rule, judgement in judged
    ]
    insert_or_replace(session, AlertEvaluation, rows, "rule_id", "column", "bin_start")


def _key(rule: AlertRule, judgement: Judgement) -> RecordKey:
    return rule.id, judgement.column or NO_COLUMN, judgement.bin_start


def _is_news(previous: AlertRecord | None, severity: Severity, value: float) -> bool:
    if severity is Severity.DEFAULT:
        return previous is not None and previous.is_alert
    if previous is None or previous.severity != severity:
        return True
    return not math.isclose(previous.value, value, rel_tol=SAME)


def _version(previous: AlertRecord | None, severity: Severity) -> tuple[int, int]:
    if previous is None:
        return 1, 1
    if previous.severity != severity:
        return previous.main_version + 1, 1
    return previous.main_version, previous.sub_version + 1


def _record(
    rule: AlertRule, judgement: Judgement, verdict: Verdict, value: float, version: tuple[int, int]
) -> AlertRecord:
    main, sub = version
    return AlertRecord(
        rule_id=rule.id,
        model_id=rule.model_id,
        revision=judgement.revision,
        column=judgement.column or NO_COLUMN,
        bin_start=judgement.bin_start,
        value=value,
        baseline_bin_start=judgement.baseline_bin_start,
        baseline_value=judgement.baseline_value,
        critical_threshold=verdict.critical_threshold,
        warning_threshold=verdict.warning_threshold,
        severity=verdict.severity.value,
        is_alert=verdict.severity is not Severity.DEFAULT,
        is_newest=True,
        is_suppressed=not rule.enable_notification,
        main_version=main,
        sub_version=sub,
        message=verdict.message,
        judged_at=judgement.judged_at,
    )
