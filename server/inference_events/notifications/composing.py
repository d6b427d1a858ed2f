"""Which messages a judgement of an alert rule makes due.

There is one message per rule, revision, column, bin, receiver and main version of the record. A record gets a new main
version when its severity changes, so another value of the same severity makes no message.
"""

import hashlib
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from inference_events.catalog import outbox
from inference_events.catalog.tables import OutboxMessage, new_id, utc_now

WEBHOOK, EMAIL, PAGERDUTY = "webhook", "email", "pagerduty"
CHANNELS = (WEBHOOK, EMAIL, PAGERDUTY)
DEFAULT, WARNING, CRITICAL = "DEFAULT", "WARNING", "CRITICAL"
# How long messages of one model, bin and receiver are collected into one.
WAIT = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class NotifiedRule:
    """What messages say about an alert rule."""

    id: str
    name: str
    priority: str
    condition: str
    compare_to: str
    bin_size: str
    metric_id: str
    metric_name: str
    model_id: str
    model_name: str
    model_version: str
    project_name: str
    enable_notification: bool = True
    segment_name: str | None = None
    baseline_name: str | None = None


@dataclass(frozen=True, slots=True)
class NotifiedRecord:
    """What messages say about an alert record. A record of severity DEFAULT withdraws the alert before it."""

    id: str
    revision: int
    main_version: int
    sub_version: int
    severity: str
    previous_severity: str | None
    bin_start: datetime
    bin_end: datetime
    value: float | None
    message: str
    column: str | None = None
    baseline_value: float | None = None
    critical_threshold: float | None = None
    warning_threshold: float | None = None
    sample_size: int | None = None
    is_late: bool = False


@dataclass(frozen=True, slots=True)
class Receivers:
    """The notification config of a rule: mail addresses, names of PagerDuty services, ids of webhooks."""

    emails: Sequence[str] = ()
    pagerduty_services: Sequence[str] = ()
    pagerduty_severity: str = ""
    webhooks: Sequence[str] = ()


def messages_for(
    record: NotifiedRecord, rule: NotifiedRule, receivers: Receivers, wait: timedelta = WAIT
) -> list[OutboxMessage]:
    """Return the rows of the outbox that a new or changed record makes due, after `wait`.

    Insert them with `outbox.add` in the transaction of the record. A rule without notifications gets rows that are
    never sent.
    """
    now = utc_now()
    content = _content(record, rule, receivers.pagerduty_severity)
    rows = []
    for channel, destination in dict.fromkeys(_destinations(receivers)):
        identity = f"{_thread(record, rule)}:{record.main_version}:{channel}:{destination}"
        row = OutboxMessage(
            id=new_id(),
            key=_digest(identity),
            group_key=_digest(_group(identity, channel, destination, record, rule)),
            batch_id=None,
            model_id=rule.model_id,
            alert_rule_id=rule.id,
            alert_record_id=record.id,
            channel=channel,
            destination=destination,
            severity=record.severity,
            content=content,
            state=outbox.PENDING if rule.enable_notification else outbox.SUPPRESSED,
            attempts=0,
            created_at=now,
            due_at=now + wait if rule.enable_notification else None,
            ended_at=None if rule.enable_notification else now,
        )
        rows.append(row)
    return rows


def _destinations(receivers: Receivers) -> Iterator[tuple[str, str]]:
    yield from ((WEBHOOK, one.lower()) for one in receivers.webhooks)
    yield from ((EMAIL, one) for one in receivers.emails)
    yield from ((PAGERDUTY, one) for one in receivers.pagerduty_services)


def _thread(record: NotifiedRecord, rule: NotifiedRule) -> str:
    """Name what all messages about one alert have in common."""
    return f"{rule.id}:{record.revision}:{record.column or ''}:{_utc(record.bin_start)}"


def _group(identity: str, channel: str, destination: str, record: NotifiedRecord, rule: NotifiedRule) -> str:
    if channel == PAGERDUTY:
        return identity  # An event of PagerDuty is about one alert.
    return f"{rule.model_id}:{rule.bin_size}:{_utc(record.bin_start)}:{channel}:{destination}"


def _content(record: NotifiedRecord, rule: NotifiedRule, pagerduty_severity: str) -> dict[str, Any]:
    threshold = record.warning_threshold if record.severity == WARNING else record.critical_threshold
    return {
        "alert": _digest(_thread(record, rule)),
        "alert_record_id": record.id,
        "rule": {"id": rule.id, "name": rule.name, "priority": rule.priority},
        "severity": record.severity,
        "previous_severity": record.previous_severity,
        "project": rule.project_name,
        "model": {"id": rule.model_id, "name": rule.model_name, "version": rule.model_version},
        "metric": {"id": rule.metric_id, "name": rule.metric_name},
        "column": record.column,
        "segment": rule.segment_name,
        "baseline": rule.baseline_name,
        "bin_size": rule.bin_size,
        "bin_start": _utc(record.bin_start),
        "bin_end": _utc(record.bin_end),
        "condition": rule.condition,
        "compare_to": rule.compare_to,
        "value": _finite(record.value),
        "baseline_value": _finite(record.baseline_value),
        "threshold": _finite(threshold),
        "sample_size": record.sample_size,
        "revision": f"{record.main_version}.{record.sub_version}",
        "message": record.message,
        "is_late": record.is_late,
        "pagerduty_severity": pagerduty_severity,
    }


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _finite(number: float | None) -> float | None:
    return number if number is not None and math.isfinite(number) else None


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
