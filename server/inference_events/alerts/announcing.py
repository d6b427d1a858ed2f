"""Add the messages about a record of an alert to the outbox."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.orm import Session

from inference_events.alerts.bins import end_of
from inference_events.alerts.notification import notification
from inference_events.catalog import outbox
from inference_events.catalog.alert_tables import AlertRecord, AlertRule
from inference_events.monitoring.metrics import METRICS
from inference_events.notifications.composing import (
    NotifiedRecord,
    NotifiedRule,
    Receivers,
    messages_for,
)

# A judgement that comes later than this after its bin was due is marked in messages.
LATE = timedelta(hours=1)


@dataclass(frozen=True)
class Announcer:
    """Adds messages, which wait for others of the same bin and receiver."""

    wait: timedelta

    def __call__(self, rule: AlertRule, session: Session, record: AlertRecord, previous: AlertRecord | None) -> None:
        config = notification(rule)
        receivers = Receivers(
            config["emails"], config["pagerduty_services"], config["pagerduty_severity"], config["webhooks"]
        )
        outbox.add(session, messages_for(_record(rule, record, previous), _rule(rule), receivers, self.wait))


def _rule(rule: AlertRule) -> NotifiedRule:
    custom = rule.custom_metric
    return NotifiedRule(
        id=rule.id,
        name=rule.name,
        priority=rule.priority,
        condition=rule.condition,
        compare_to=rule.compare_to,
        bin_size=rule.bin_size,
        metric_id=rule.metric_id,
        metric_name=METRICS[rule.metric_id].display_name if custom is None else custom.name,
        model_id=rule.model_id,
        model_name=rule.model.name,
        model_version=rule.model.version,
        project_name=rule.model.project.name,
        enable_notification=rule.enable_notification,
        segment_name=None if rule.segment is None else rule.segment.name,
        baseline_name=None if rule.baseline is None else rule.baseline.name,
    )


def _record(rule: AlertRule, record: AlertRecord, previous: AlertRecord | None) -> NotifiedRecord:
    end = end_of(rule.bin_size, record.bin_start)
    return NotifiedRecord(
        id=record.id,
        revision=record.revision,
        main_version=record.main_version,
        sub_version=record.sub_version,
        severity=record.severity,
        previous_severity=None if previous is None else previous.severity,
        bin_start=record.bin_start,
        bin_end=end,
        value=record.value,
        message=record.message,
        column=record.column or None,
        baseline_value=record.baseline_value,
        critical_threshold=record.critical_threshold,
        warning_threshold=record.warning_threshold,
        is_late=record.judged_at > end + timedelta(hours=rule.evaluation_delay) + LATE,
    )
