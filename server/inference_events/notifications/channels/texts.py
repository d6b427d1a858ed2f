"""Words that all channels share. Names come from users, so each channel escapes what it gets from here."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from inference_events.messages import truncate
from inference_events.notifications.composing import CRITICAL, DEFAULT, WARNING

Content: TypeAlias = Mapping[str, Any]

# Most alerts that a message shows one by one.
MAX_SHOWN = 10
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")
_RANKS = {DEFAULT: 0, WARNING: 1, CRITICAL: 2}
_RESOLVED = "RESOLVED"


@dataclass(frozen=True, slots=True)
class Message:
    """A message to one receiver: its id, which is the same in each attempt, its contents, and a link to the server."""

    id: str
    contents: Sequence[Content]
    link: str | None = None


def plain(name: object) -> str:
    """Return a name on one line, cut, without control characters or marks that turn the reading direction."""
    return truncate(_CONTROL.sub(" ", str(name)).strip())


def label(content: Content) -> str:
    """Return the severity as a word. A withdrawn alert is resolved."""
    return _RESOLVED if content["severity"] == DEFAULT else str(content["severity"])


def highest(contents: Sequence[Content]) -> Content:
    """Return the first of the most severe contents."""
    return max(contents, key=lambda content: _RANKS.get(content["severity"], 0))


def title(message: Message) -> str:
    """Return one line: the severity, the rule or the number of alerts, and the model."""
    first = highest(message.contents)
    count = len(message.contents)
    what = plain(first["rule"]["name"]) if count == 1 else f"{count} alerts"
    return f"[{label(first)}] {what} - {plain(first['model']['name'])}"


def sentence(content: Content) -> str:
    """Return what happened, on one line."""
    text = _CONTROL.sub(" ", str(content["message"])).strip()[:500] or label(content)
    return f"{text} (late)" if content.get("is_late") else text


def facts(content: Content) -> list[tuple[str, str]]:
    """Return the details of an alert, each with its title."""
    model = content["model"]
    found = [
        ("Severity", _severity(content)),
        ("Rule", f"{plain(content['rule']['name'])} ({plain(content['rule']['priority'])})"),
        ("Model", f"{plain(model['name'])} {plain(model['version'])}"),
        ("Project", plain(content["project"])),
        ("Metric", plain(content["metric"]["name"])),
        ("Column", content["column"]),
        ("Segment", content["segment"]),
        ("Baseline", content["baseline"]),
        ("Bin (UTC)", f"{content['bin_start']} to {content['bin_end']}"),
        ("Value", _number(content["value"])),
        ("Compared with", _number(content["baseline_value"])),
        ("Threshold", _number(content["threshold"])),
        ("Events", _number(content["sample_size"])),
    ]
    return [(name, plain(value)) for name, value in found if value not in (None, "")]


def _severity(content: Content) -> str:
    before = content["previous_severity"]
    return label(content) if not before or before == DEFAULT else f"{label(content)}, was {before}"


def _number(value: float | None) -> str | None:
    return None if value is None else f"{value:,.6g}"
