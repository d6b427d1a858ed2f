"""PagerDuty gets one event for each alert, with the key of the service that the rule names."""

from pathlib import Path

import pytest

from inference_events.catalog import Catalog
from inference_events.catalog.database import sqlite_url
from inference_events.notifications.composing import Receivers
from inference_events.notifications.settings import ChannelSettings, pagerduty_keys
from tests.notifications.delivering import Delivering
from tests.notifications.judgements import rows
from tests.notifications.receivers import Response, receiving

SERVICE = Receivers(pagerduty_services=["on call"], pagerduty_severity="error")


def test_an_incident_is_triggered_and_resolved(tmp_path: Path) -> None:
    """Both events have the service's key and one key of the incident; alerts of one bin are not joined."""
    catalog = Catalog(sqlite_url(tmp_path / "catalog.sqlite"))
    outgoing = Delivering(catalog)
    with receiving(*[Response(202)] * 3) as receiver:
        keys = pagerduty_keys("on call=abc123, other=def456")
        outgoing.settings = ChannelSettings(pagerduty_keys=keys, pagerduty_url=receiver.url)
        with outgoing.worker():
            outgoing.add(rows(SERVICE))
            outgoing.wait_for("delivered")
            outgoing.add(rows(SERVICE, severity="DEFAULT", previous_severity="CRITICAL", main_version=2))
            outgoing.wait_for("delivered", "delivered")
            outgoing.add(rows(SERVICE, column="age"))
            outgoing.wait_for(*["delivered"] * 3)
    catalog.close()
    trigger, resolve, other = (request.body for request in receiver.received)
    assert {body["routing_key"] for body in (trigger, resolve, other)} == {"abc123"}
    assert [body["event_action"] for body in (trigger, resolve, other)] == ["trigger", "resolve", "trigger"]
    assert trigger["dedup_key"] == resolve["dedup_key"] != other["dedup_key"]
    assert trigger["payload"]["severity"] == "error"


@pytest.mark.parametrize("text", ["on call", "=abc", "on call=", "on call=a b", "a=b=c-d", "on call=ab\u00e9"])
def test_what_is_no_key_is_refused(text: str) -> None:
    """The message does not show it."""
    with pytest.raises(ValueError, match="NAME=KEY") as refusal:
        pagerduty_keys(text)
    assert text not in str(refusal.value)
