"""Make alert rules of requests, and change them."""

from collections.abc import Mapping
from itertools import islice
from typing import Any

from sqlalchemy.orm import Session

from inference_events.alerts.metrics import Watched, resolve
from inference_events.alerts.thresholds import TIME_PERIOD, Thresholds, delta_faults, threshold_faults
from inference_events.catalog.alert_tables import AlertRule, AlertRuleColumn
from inference_events.errors import BadRequest, ErrorDetail, ObjectNotFound
from inference_events.monitoring.definitions.rules import checked_name
from inference_events.monitoring.metrics import METRICS
from inference_events.monitoring.queries.known import KnownModel, known_segment
from inference_events.warning_details import threshold_like_share
from inference_events_api import types as t

MAX_FAULTS = 50
FIXED = ("critical_threshold", "warning_threshold")
THRESHOLDS = (*FIXED, "auto_threshold_params")


def make_rule(session: Session, known: KnownModel, body: t.AlertRuleCreate, token_id: str) -> AlertRule:
    """Return the rule that a request describes, not stored yet.

    Raises BadRequest with the fields and how to correct them.
    """
    name = checked_name(body["name"])
    delta = body.get("compare_bin_delta")
    _refuse(*delta_faults(body["compare_to"], body["bin_size"], delta), *threshold_faults(_thresholds(body)))
    watched = resolve(_watched(body), known)
    return AlertRule(
        model_id=known.model.id,
        name=name,
        metric_id=watched.metric_id,
        baseline_id=watched.baseline_id,
        segment_id=_segment_id(session, known, body.get("segment_id")),
        compare_bin_delta=delta if body["compare_to"] == TIME_PERIOD else None,
        threshold_type=body.get("threshold_type", "manual"),
        evaluation_delay=body.get("evaluation_delay", 0),
        category=watched.category,
        columns=[AlertRuleColumn(place=place, name=column) for place, column in enumerate(watched.columns)],
        emails=[],
        pagerduty_services=[],
        revision=1,
        created_by_id=token_id,
        updated_by_id=token_id,
        auto_threshold_params=body.get("auto_threshold_params"),
        critical_threshold=_float(body.get("critical_threshold")),
        warning_threshold=_float(body.get("warning_threshold")),
        priority=body["priority"],
        compare_to=body["compare_to"],
        condition=body["condition"],
        bin_size=body["bin_size"],
    )


def change_rule(row: AlertRule, body: t.AlertRuleUpdate) -> bool:
    """Change the fields of a rule that a request names. Return whether a threshold has changed. Raises BadRequest."""
    after = {field: body.get(field, getattr(row, field)) for field in THRESHOLDS}
    fixed = {field: getattr(row, field) for field in ("threshold_type", "compare_to", "condition")}
    _refuse(*threshold_faults(_thresholds(fixed | after)))
    has_changed = any(getattr(row, field) != value for field, value in after.items())
    if "name" in body:
        row.name = checked_name(body["name"])
    for field, value in body.items():
        if field != "name":
            setattr(row, field, _float(value) if field in FIXED else value)
    return has_changed


def warnings(row: AlertRule) -> list[t.WarningDetail]:
    """Return warnings of probable mistakes in a rule."""
    metric = METRICS.get(row.metric_id)
    if metric is None or not metric.is_percentage or row.compare_to == TIME_PERIOD:
        return []
    return [threshold_like_share(field) for field in FIXED if 0 < (getattr(row, field) or 0) < 1]


def _watched(body: t.AlertRuleCreate) -> Watched:
    metric_id, baseline_id = body["metric_id"], body.get("baseline_id")
    return Watched(
        metric_id if metric_id in METRICS else metric_id.lower(),
        tuple(body.get("feature_names") or ()),
        body.get("category"),
        None if baseline_id is None else baseline_id.lower(),
    )


def _segment_id(session: Session, known: KnownModel, id: str | None) -> str | None:
    if id is None:
        return None
    try:
        known_segment(session, known, id.lower(), None, ("/segment_id", ""))
    except ObjectNotFound:
        raise BadRequest.at("/segment_id", "is no segment of this model; create one, or remove it") from None
    return id.lower()


def _thresholds(values: Mapping[str, Any]) -> Thresholds:
    return Thresholds(
        type=values.get("threshold_type", "manual"),
        compare_to=values["compare_to"],
        condition=values["condition"],
        critical=values.get("critical_threshold"),
        warning=values.get("warning_threshold"),
        multipliers=values.get("auto_threshold_params"),
    )


def _float(value: Any) -> float | None:
    return None if value is None else float(value)


def _refuse(*faults: ErrorDetail) -> None:
    if faults:
        raise BadRequest.with_details(*islice(faults, MAX_FAULTS))
