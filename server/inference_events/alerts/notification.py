"""Rules of whom an alert rule notifies."""

import re
from collections.abc import Iterator

from sqlalchemy.orm import Session

from inference_events.catalog.alert_tables import AlertRule, AlertRuleWebhook
from inference_events.catalog.webhooks import lock_all, webhook_names
from inference_events.errors import BadRequest, ErrorDetail
from inference_events_api import types as t

EMPTY: t.NotificationConfig = {"emails": [], "pagerduty_services": [], "pagerduty_severity": "", "webhooks": []}
SEVERITIES = ("", "info", "warning", "error", "critical")
# No white space, control characters or characters that separate addresses, so a header of a mail can hold it.
_ADDRESS = re.compile(r"[^\s\x00-\x1f\x7f,;:<>()\[\]\"\\@]{1,64}@[^\s\x00-\x1f\x7f,;:<>()\[\]\"\\@]{1,255}")


def set_notification(session: Session, row: AlertRule, change: t.NotificationConfigChange) -> None:
    """Change whom a rule notifies. Raises BadRequest for what is no address, and for an unknown webhook."""
    if faults := list(_faults(session, change)):
        raise BadRequest.with_details(*faults)
    for field in ("emails", "pagerduty_services", "pagerduty_severity"):
        if field in change:
            setattr(row, field, change[field])
    if "webhooks" in change:
        uuids = dict.fromkeys(uuid.lower() for uuid in change["webhooks"])
        # Deleted before the new ones take their places.
        row.webhooks = []
        session.flush()
        row.webhooks = [AlertRuleWebhook(place=place, webhook_id=uuid) for place, uuid in enumerate(uuids)]


def notification(row: AlertRule) -> t.NotificationConfig:
    """Return whom a rule notifies."""
    return {
        "emails": row.emails,
        "pagerduty_services": row.pagerduty_services,
        "pagerduty_severity": row.pagerduty_severity,
        "webhooks": [one.webhook_id for one in row.webhooks],
    }


def _faults(session: Session, change: t.NotificationConfigChange) -> Iterator[ErrorDetail]:
    for place, email in enumerate(change.get("emails", ())):
        if not _ADDRESS.fullmatch(email):
            yield ErrorDetail("is not one email address, such as me@example.com", f"/emails/{place}")
    if change.get("pagerduty_severity", "") not in SEVERITIES:
        yield ErrorDetail(f"must be empty or one of {', '.join(SEVERITIES[1:])}", "/pagerduty_severity")
    uuids = [uuid.lower() for uuid in change.get("webhooks", ())]
    # They must stay until the rule names them.
    lock_all(session, uuids)
    known = webhook_names(session, uuids)
    for place, uuid in enumerate(uuids):
        if uuid not in known:
            yield ErrorDetail("is no webhook; create it first, or remove it", f"/webhooks/{place}")
