"""Microsoft Teams: adaptive cards for workflows, message cards for the older connectors."""

import re
from typing import Any

from inference_events.notifications.channels import texts
from inference_events.notifications.channels.texts import Content, Message

_CARD = "application/vnd.microsoft.card.adaptive"
_CONNECTOR_HOSTS = (".webhook.office.com", "outlook.office.com", "outlook.office365.com")
# Cards take Markdown, and old ones HTML.
_MARKS = re.compile(r"([\\`*_{}\[\]()#+!|~-])")
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


def body(message: Message, host: str) -> dict[str, Any]:
    """Return the JSON body of a message for a webhook at `host`."""
    return _message_card(message) if host.endswith(_CONNECTOR_HOSTS) else _adaptive_card(message)


def escape(text: str) -> str:
    """Return a text that Teams shows as it is: no link, no formatting, no HTML."""
    return _MARKS.sub(r"\\\1", text).translate(_ESCAPES)


def _adaptive_card(message: Message) -> dict[str, Any]:
    blocks: list[dict[str, Any]] = [
        {"type": "TextBlock", "text": escape(texts.title(message)), "weight": "Bolder", "size": "Medium", "wrap": True}
    ]
    for content in message.contents[: texts.MAX_SHOWN]:
        blocks.append({"type": "TextBlock", "text": escape(texts.sentence(content)), "wrap": True})
        blocks.append({"type": "FactSet", "facts": [_fact(name, value) for name, value in texts.facts(content)]})
    blocks += [{"type": "TextBlock", "text": line} for line in _rest(message)]
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": blocks,
        "actions": [] if message.link is None else [{"type": "Action.OpenUrl", "title": "Open", "url": message.link}],
    }
    return {"type": "message", "attachments": [{"contentType": _CARD, "contentUrl": None, "content": card}]}


def _message_card(message: Message) -> dict[str, Any]:
    sections = [_section(content) for content in message.contents[: texts.MAX_SHOWN]]
    card: dict[str, Any] = {
        "@type": "MessageCard",
        "@context": "https://schema.org/extensions",
        "summary": escape(texts.title(message)),
        "title": escape(texts.title(message)),
        "sections": [*sections, *({"text": line} for line in _rest(message))],
    }
    if message.link is not None:
        target = [{"os": "default", "uri": message.link}]
        card["potentialAction"] = [{"@type": "OpenUri", "name": "Open", "targets": target}]
    return card


def _section(content: Content) -> dict[str, Any]:
    pairs = [{"name": name, "value": escape(value)} for name, value in texts.facts(content)]
    return {"text": escape(texts.sentence(content)), "facts": pairs}


def _fact(name: str, value: str) -> dict[str, str]:
    return {"title": name, "value": escape(value)}


def _rest(message: Message) -> list[str]:
    left = len(message.contents) - texts.MAX_SHOWN
    return [f"and {left} more"] if left > 0 else []
