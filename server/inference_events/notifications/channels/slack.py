"""Slack's incoming webhooks."""

from typing import Any

from inference_events.notifications.channels import texts
from inference_events.notifications.channels.texts import Content, Message

_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
# Marks of Slack's formatting. A word joiner before each keeps it from being one.
_MARKS = str.maketrans({mark: f"\u2060{mark}" for mark in "*_~`"})
_MAX_TEXT = 3000
_MAX_HEADER = 150


def body(message: Message) -> dict[str, Any]:
    """Return the JSON body of a message."""
    blocks: list[dict[str, Any]] = [
        {"type": "header", "text": {"type": "plain_text", "text": texts.title(message)[:_MAX_HEADER], "emoji": False}}
    ]
    blocks += [_section(content) for content in message.contents[: texts.MAX_SHOWN]]
    left = len(message.contents) - texts.MAX_SHOWN
    if left > 0:
        blocks.append({"type": "context", "elements": [{"type": "mrkdwn", "text": f"and {left} more"}]})
    if message.link is not None:
        button = {"type": "button", "text": {"type": "plain_text", "text": "Open"}, "url": message.link}
        blocks.append({"type": "actions", "elements": [button]})
    return {"text": escape(texts.title(message)), "blocks": blocks}


def escape(text: str) -> str:
    """Return a text that Slack shows as it is: no link, no mention, no formatting."""
    return text.translate(_MARKS).translate(_ESCAPES)


def _section(content: Content) -> dict[str, Any]:
    fields = [{"type": "mrkdwn", "text": f"*{name}*\n{escape(value)}"} for name, value in texts.facts(content)]
    return {
        "type": "section",
        "text": {"type": "mrkdwn", "text": escape(texts.sentence(content))[:_MAX_TEXT]},
        # Slack takes ten.
        "fields": fields[:10],
    }
