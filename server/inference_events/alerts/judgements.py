"""What the judgement of a bin leaves behind: its evaluation, perhaps a record, and what is announced with it.

All of it is written in one transaction. The first record of a column in a bin is that of an alert. Another follows if
the severity changes or, as long as it is an alert, the value; a judgement that finds the same again writes none. So a
bin may be judged any number of times.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy.orm import Session

from inference_events.catalog import alert_records
from inference_events.catalog.alert_tables import AlertEvaluation, AlertRecord, AlertRule

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


# Adds what is to be sent for a new record, in the same transaction. It gets the record before it, if there was one.
Announce = Callable[[Session, AlertRecord, AlertRecord | None], None]


def record_judgement(
    session: Session, rule: AlertRule, judgement: Judgement, announce: Announce | None = None
) -> AlertRecord | None:
    """Store a judgement. Return the record that it made, if it made one.

    Lock the rule first, with `Lock.EXCLUSIVE`, so that nobody else judges it meanwhile. A record of a rule with
    `enable_notification` is announced; that of another is suppressed.
    """
    _keep_evaluation(session, rule, judgement)
    verdict = judgement.verdict
    if verdict is None or judgement.value is None:
        return None
    column = judgement.column or NO_COLUMN
    previous = alert_records.newest(session, rule.id, column, judgement.bin_start)
    if not _is_news(previous, verdict.severity, judgement.value):
        return None
    record = _record(rule, judgement, verdict, judgement.value, _version(previous, verdict.severity))
    if previous is not None:
        previous.is_newest = False
    session.add(record)
    session.flush()
    if announce is not None and not record.is_suppressed:
        announce(session, record, previous)
    return record


def _keep_evaluation(session: Session, rule: AlertRule, judgement: Judgement) -> None:
    session.merge(
        AlertEvaluation(
            rule_id=rule.id,
            column=judgement.column or NO_COLUMN,
            bin_start=judgement.bin_start,
            model_id=rule.model_id,
            revision=judgement.revision,
            state=judgement.state.value,
            reason=judgement.reason,
            value=judgement.value,
            baseline_value=judgement.baseline_value,
            data_revision=judgement.data_revision,
            judged_at=judgement.judged_at,
        )
    )


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
