"""Plain JSON for any receiver, signed with the secret of its webhook."""

import hashlib
import hmac
from typing import Any

from inference_events.notifications.channels.texts import Message, title

# What a receiver need not know.
_INTERNAL = ("alert", "pagerduty_severity")


def body(message: Message, sent_at: str) -> dict[str, Any]:
    """Return the JSON body of a message."""
    alerts = [{name: value for name, value in each.items() if name not in _INTERNAL} for each in message.contents]
    return {"event_id": message.id, "sent_at": sent_at, "title": title(message), "link": message.link, "alerts": alerts}


def headers(message: Message, raw: bytes, timestamp: int, secret: str) -> dict[str, str]:
    """Return the headers with which a receiver recognises a repetition and checks who sent the body, and when."""
    signed = f"{timestamp}.".encode() + raw
    signature = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    return {
        "X-Event-Id": message.id,
        "X-Event-Timestamp": str(timestamp),
        "X-Event-Signature": f"sha256={signature}",
    }
