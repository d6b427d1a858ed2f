"""The form in which the vendor's oldest clients write alert rules."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from inference_events.alerts.notification import notification
from inference_events.catalog.alert_tables import AlertRule
from inference_events.catalog.tables import Model, Project
from inference_events.errors import BadRequest, ObjectNotFound
from inference_events.monitoring.queries.known import KnownModel
from inference_events_api import types as t

TAKEN_OVER = (
    "name", "metric_id", "priority", "compare_to", "condition", "bin_size", "critical_threshold", "warning_threshold",
    "feature_names", "segment_id", "compare_bin_delta",
)  # fmt: skip


def named_model_id(session: Session, project_name: str, model_name: str) -> str:
    """Return the id of the model with a name in a project. Raises ObjectNotFound, and BadRequest if it has versions."""
    project_id = session.scalar(select(Project.id).where(Project.name == project_name, Project.deleted_at.is_(None)))
    if project_id is None:
        raise ObjectNotFound.of("Project")
    models = select(Model.id).where(
        Model.project_id == project_id, Model.name == model_name, Model.deleted_at.is_(None)
    )
    ids = session.scalars(models.limit(2)).all()
    if not ids:
        raise ObjectNotFound.of("Model")
    if len(ids) > 1:
        raise BadRequest.at(
            "/model_name", "is the name of several versions; create the rule with POST /v3/alert-rules and a model_id"
        )
    return ids[0]


def rule_fields(body: t.AlertConfigCreate, known: KnownModel) -> t.AlertRuleCreate:
    """Return a request in today's form. Raises BadRequest if the model has no baseline of the name."""
    sent: Mapping[str, Any] = body
    fields: Any = {name: sent[name] for name in TAKEN_OVER if name in sent}
    fields["model_id"] = known.model.id
    if (name := body.get("baseline_name")) is not None:
        baseline = known.baselines_by_name.get(name)
        if baseline is None:
            raise BadRequest.at("/baseline_name", "is the name of no baseline of this model; create one, or remove it")
        fields["baseline_id"] = baseline.id
    made: t.AlertRuleCreate = fields
    return made


def notification_change(sent: t.AlertConfigNotifications) -> t.NotificationConfigChange:
    """Return a notification config in today's form, with the parts that were sent."""
    change: t.NotificationConfigChange = {}
    if "emails" in sent:
        change["emails"] = _split(sent["emails"].get("email", ""))
    if "pagerduty" in sent:
        change["pagerduty_services"] = _split(sent["pagerduty"].get("service", ""))
        change["pagerduty_severity"] = sent["pagerduty"].get("severity", "")
    if "webhooks" in sent:
        change["webhooks"] = [one["uuid"] for one in sent["webhooks"]]
    return change


def old_notification(row: AlertRule) -> t.AlertConfigNotifications:
    """Return whom a rule notifies, in the old form."""
    config = notification(row)
    services = {"service": ",".join(config["pagerduty_services"]), "severity": config["pagerduty_severity"]}
    shown: Any = {
        "emails": {"email": ",".join(config["emails"])},
        "pagerduty": services,
        "webhooks": [{"uuid": uuid} for uuid in config["webhooks"]],
    }
    result: t.AlertConfigNotifications = shown
    return result


def _split(names: str) -> list[str]:
    return [name.strip() for name in names.split(",") if name.strip()]
