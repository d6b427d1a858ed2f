"""The message that tests a receiver."""

from datetime import timedelta

from inference_events.catalog.tables import new_id, utc_now
from inference_events.notifications.channels.texts import Message
from inference_events.notifications.composing import (
    DEFAULT,
    WARNING,
    NotifiedRecord,
    NotifiedRule,
    Receivers,
    messages_for,
)


def trial_message(webhook_name: str) -> Message:
    """Return a message about an alert that nobody has to care about."""
    end = utc_now().replace(minute=0, second=0, microsecond=0)
    rule = NotifiedRule(
        id=new_id(),
        name="Test of a webhook",
        priority="LOW",
        condition="greater",
        compare_to="raw_value",
        bin_size="Hour",
        metric_id="traffic",
        metric_name="Traffic",
        model_id=new_id(),
        model_name="No model",
        model_version="v1",
        project_name="No project",
    )
    record = NotifiedRecord(
        id=new_id(),
        revision=1,
        main_version=1,
        sub_version=1,
        severity=WARNING,
        previous_severity=DEFAULT,
        bin_start=end - timedelta(hours=1),
        bin_end=end,
        value=1.0,
        message=f"This is a test of the webhook {webhook_name}; there is no alert",
        warning_threshold=0.0,
    )
    [row] = messages_for(record, rule, Receivers(webhooks=[new_id()]))
    return Message(row.id, [row.content])
