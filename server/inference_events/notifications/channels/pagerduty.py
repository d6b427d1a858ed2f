"""PagerDuty's Events API, version 2."""

from typing import Any

from inference_events.notifications.channels import texts
from inference_events.notifications.channels.texts import Message
from inference_events.notifications.composing import CRITICAL, DEFAULT

_SEVERITIES = ("critical", "error", "warning", "info")


def body(message: Message, routing_key: str) -> dict[str, Any]:
    """Return the JSON body of an event: it triggers an incident, or resolves the one of an alert that is withdrawn."""
    [content] = message.contents
    is_over = content["severity"] == DEFAULT
    event: dict[str, Any] = {
        "routing_key": routing_key,
        "event_action": "resolve" if is_over else "trigger",
        "dedup_key": content["alert"],
    }
    if is_over:
        return event
    chosen = content["pagerduty_severity"]
    event["payload"] = {
        "summary": f"{texts.title(message)}: {texts.sentence(content)}"[:1024],
        "source": "inference-events",
        "severity": chosen if chosen in _SEVERITIES else _severity(content["severity"]),
        "timestamp": content["bin_end"],
        "component": texts.plain(content["model"]["name"]),
        "group": texts.plain(content["project"]),
        "class": texts.plain(content["metric"]["name"]),
        "custom_details": dict(texts.facts(content)),
    }
    if message.link is not None:
        event["links"] = [{"href": message.link, "text": "Open"}]
    return event


def _severity(severity: str) -> str:
    return "critical" if severity == CRITICAL else "warning"
