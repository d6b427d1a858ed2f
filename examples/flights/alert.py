"""An alert rule about the accuracy by month, and its record of July, checked against the source."""

import math
from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import UUID

from examples.flights.flights import DEPARTURE, LABEL, PROBABILITY, YEAR, Flights
from examples.flights.prediction import THRESHOLD
from inference_events_client import InferenceEvents
from inference_events_client.api.alert_records import list_alert_rule_records
from inference_events_client.api.alert_rules import create_alert_rule, evaluate_alert_rule
from inference_events_client.models import AlertRecord, AlertRuleCreate, EvaluateAlertRuleRequest

CRITICAL_BELOW, WARNING_BELOW = 0.7, 0.75
# The months of rules are those of UTC.
START, END = datetime(YEAR, 7, 1, tzinfo=UTC), datetime(YEAR, 8, 1, tzinfo=UTC)


def watch(client: InferenceEvents, model_id: UUID) -> UUID:
    """Create a rule that fires if the accuracy of a month is low. Return its id."""
    rule = AlertRuleCreate(
        name="Accuracy by month",
        model_id=model_id,
        metric_id="accuracy",
        priority="HIGH",
        compare_to="raw_value",
        condition="lesser",
        bin_size="Month",
        critical_threshold=CRITICAL_BELOW,
        warning_threshold=WARNING_BELOW,
    )
    return client.call(create_alert_rule.sync, body=rule).data.id


def fire(client: InferenceEvents, rule_id: UUID) -> list[AlertRecord]:
    """Judge July, because the server judges by itself only what has ended lately. Return the records of the rule."""
    client.call(evaluate_alert_rule.sync, rule_id, body=EvaluateAlertRuleRequest(START.isoformat()))
    return client.call(list_alert_rule_records.sync, rule_id).data.items


def check(records: list[AlertRecord], flights: Flights) -> Iterator[str]:
    """Yield a line if the records are not one critical one with the accuracy of the flights."""
    landed = flights.landed().frame
    july = landed[(landed[DEPARTURE] >= START) & (landed[DEPARTURE] < END)]
    accuracy = ((july[PROBABILITY] >= THRESHOLD) == july[LABEL]).mean()
    match records:
        case [AlertRecord(severity="CRITICAL", alert_value=value)] if math.isclose(value, accuracy):
            return
    found = ", ".join(f"{record.severity} at {record.alert_value}" for record in records) or "none"
    yield f"the alert of July: {found}, instead of CRITICAL at {accuracy}"
