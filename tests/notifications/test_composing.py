"""Which messages a judgement makes due."""

from dataclasses import replace
from datetime import timedelta

from inference_events.notifications.composing import Receivers
from tests.notifications.judgements import BIN, HOOK, RULE, rows

ALL = Receivers(["me@example.com"], ["oncall"], "error", [HOOK])
WEBHOOK = Receivers(webhooks=[HOOK])


def test_each_receiver_gets_one_message() -> None:
    """A record makes one row per webhook, mail address and service, due after the wait; a repeated one counts once."""
    made = rows(Receivers(["me@example.com"] * 2, ["oncall"], "", [HOOK, HOOK.upper()]), wait=60)
    assert [(row.channel, row.destination, row.state) for row in made] == [
        ("webhook", HOOK, "pending"),
        ("email", "me@example.com", "pending"),
        ("pagerduty", "oncall", "pending"),
    ]
    assert all(row.due_at == row.created_at + timedelta(seconds=60) for row in made)


def test_a_repeated_judgement_has_the_same_keys() -> None:
    """A judgement that is made again, or gives another value of the same severity, makes no other message."""
    first = [row.key for row in rows(ALL)]
    assert [row.key for row in rows(ALL)] == first
    assert [row.key for row in rows(ALL, sub_version=2, value=0.3)] == first
    assert len(set(first)) == 3


def test_what_differs_makes_another_message() -> None:
    """Another severity, column, bin, revision or rule makes a message of its own."""
    others = [
        rows(WEBHOOK, main_version=2, severity="WARNING"),
        rows(WEBHOOK, column="age"),
        rows(WEBHOOK, bin_start=BIN + timedelta(hours=1)),
        rows(WEBHOOK, revision=2),
        rows(WEBHOOK, rule=replace(RULE, id="another")),
    ]
    keys = {row.key for made in others for row in made}
    assert len(keys - {row.key for row in rows(WEBHOOK)}) == 5


def test_records_of_one_model_and_bin_are_grouped() -> None:
    """Other columns and rules of one bin are one group for a webhook and for mail; PagerDuty has an event for each."""
    first, other = rows(ALL), rows(ALL, rule=replace(RULE, id="another"), column="age")
    assert [a.group_key == b.group_key for a, b in zip(first, other, strict=True)] == [True, True, False]
    later = rows(WEBHOOK, bin_start=BIN + timedelta(hours=1))
    assert first[0].group_key != later[0].group_key


def test_a_rule_without_notifications_sends_none() -> None:
    """Its messages are kept as suppressed, and never become due."""
    made = rows(ALL, rule=replace(RULE, enable_notification=False))
    assert {(row.state, row.due_at) for row in made} == {("suppressed", None)}
    assert all(row.ended_at for row in made)


def test_figures_that_json_lacks_are_left_out() -> None:
    """An infinite or undefined figure becomes null."""
    [row] = rows(WEBHOOK, value=float("inf"), baseline_value=float("nan"))
    assert (row.content["value"], row.content["baseline_value"], row.content["threshold"]) == (None, None, 0.5)
