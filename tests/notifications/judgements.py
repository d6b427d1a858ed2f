"""Judgements for tests of messages."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from inference_events.catalog.tables import OutboxMessage
from inference_events.notifications.channels.texts import Message
from inference_events.notifications.composing import NotifiedRecord, NotifiedRule, Receivers, messages_for

BIN = datetime(2026, 11, 25, 14, tzinfo=UTC)
RULE = NotifiedRule(
    id="11111111-1111-4111-8111-111111111111",
    name="late flights",
    priority="HIGH",
    condition="lesser",
    compare_to="raw_value",
    bin_size="Hour",
    metric_id="precision",
    metric_name="Precision",
    model_id="22222222-2222-4222-8222-222222222222",
    model_name="delays",
    model_version="v1",
    project_name="airline",
    segment_name="UA",
)
RECORD = NotifiedRecord(
    id="33333333-3333-4333-8333-333333333333",
    revision=1,
    main_version=1,
    sub_version=1,
    severity="CRITICAL",
    previous_severity=None,
    bin_start=BIN,
    bin_end=BIN + timedelta(hours=1),
    value=0.41,
    message="precision fell to 0.41, below critical 0.5",
    critical_threshold=0.5,
    warning_threshold=0.7,
    sample_size=212,
)
HOOK = "44444444-4444-4444-8444-444444444444"


def rows(receivers: Receivers, rule: NotifiedRule = RULE, wait: float = 0, **record: Any) -> list[OutboxMessage]:
    """Return the rows of a judgement that differs from RECORD in some fields."""
    return messages_for(replace(RECORD, **record), rule, receivers, timedelta(seconds=wait))


def message(*records: dict[str, Any], rule: NotifiedRule = RULE, link: str | None = None) -> Message:
    """Return a message about judgements, each of which differs from RECORD in some fields."""
    found = [rows(Receivers(webhooks=[HOOK]), rule, **record) for record in records or [{}]]
    return Message("55555555-5555-4555-8555-555555555555", [row.content for [row] in found], link)
