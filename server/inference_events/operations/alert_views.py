"""Turn alert rules, records and evaluations into JSON values."""

from collections.abc import Sequence
from datetime import datetime
from typing import cast

from inference_events.alerts import bins, rules
from inference_events.alerts.judgements import Judgement
from inference_events.alerts.old_form import old_notification
from inference_events.catalog.alert_records import BinHistory, RuleHistory
from inference_events.catalog.alert_tables import AlertEvaluation, AlertRecord, AlertRule
from inference_events.catalog.tables import Baseline, Segment
from inference_events.events.ingest.timestamps import microseconds
from inference_events.monitoring.metrics import METRICS, MetricType
from inference_events.operations import views
from inference_events_api import types as t


def rule(row: AlertRule) -> t.AlertRule:
    """Show an alert rule with its warnings."""
    shown: t.AlertRule = {
        "id": row.id,
        "name": row.name,
        "metric": metric(row),
        "priority": cast(t.AlertPriority, row.priority),
        "compare_to": cast(t.AlertComparison, row.compare_to),
        "compare_bin_delta": row.compare_bin_delta,
        "condition": cast(t.AlertCondition, row.condition),
        "bin_size": cast(t.AlertBinSize, row.bin_size),
        "evaluation_delay": row.evaluation_delay,
        "feature_names": _columns(row),
        "threshold_type": cast(t.AlertThresholdType, row.threshold_type),
        "auto_threshold_params": cast(t.AutoThresholdParams | None, row.auto_threshold_params),
        "critical_threshold": row.critical_threshold,
        "warning_threshold": row.warning_threshold,
        "category": row.category,
        "baseline": _named(row.baseline),
        "segment": _named(row.segment),
        "enable_notification": row.enable_notification,
        "alert_config_revision": row.revision,
        "version": "rule_v3",
        "model": views.model_reference(row.model),
        "project": views.project_reference(row.model.project),
        "organization": views.organization(row.model.project.organization),
        "created_at": views.time(row.created_at),
        "updated_at": views.time(row.updated_at),
        "created_by": views.user(row.created_by),
        "updated_by": views.user(row.updated_by),
    }
    if warnings := rules.warnings(row):
        shown["warnings"] = warnings
    return shown


def watched_rule(row: AlertRule, last: AlertEvaluation | None, now: datetime) -> t.AlertRule:
    """Show an alert rule with how it was judged last, and when it will be judged next."""
    shown = rule(row)
    if last is not None:
        shown["last_evaluation"] = evaluation(last)
    shown["next_evaluation_at"] = views.time(bins.next_due(row.bin_size, now, row.evaluation_delay))
    return shown


def metric(row: AlertRule) -> t.AlertMetric:
    """Show the metric of a rule. A custom one has its own name."""
    builtin = METRICS.get(row.metric_id)
    type = MetricType.CUSTOM if builtin is None else builtin.type
    name = row.metric_id if row.custom_metric is None else row.custom_metric.name
    return {
        "id": row.metric_id,
        "display_name": name if builtin is None else builtin.display_name,
        "type": type.value,
        "type_display_name": type.display_name,
    }


def config(row: AlertRule) -> t.AlertConfig:
    """Show an alert rule with fixed thresholds in the form of the oldest clients."""
    return {
        "uuid": row.id,
        "id": row.id,
        "name": row.name,
        "metric_id": row.metric_id,
        "priority": cast(t.AlertPriority, row.priority),
        "compare_to": cast(t.AlertComparison, row.compare_to),
        "compare_bin_delta": row.compare_bin_delta,
        "condition": cast(t.AlertCondition, row.condition),
        "bin_size": cast(t.AlertBinSize, row.bin_size),
        "feature_names": _columns(row),
        "critical_threshold": cast(float, row.critical_threshold),
        "warning_threshold": row.warning_threshold,
        "baseline": _named(row.baseline),
        "segment": _named(row.segment),
        "enable_notification": row.enable_notification,
        "notifications": old_notification(row),
        "model": views.model_reference(row.model),
        "project": views.project_reference(row.model.project),
        "created_at": views.time(row.created_at),
        "last_updated": views.time(row.updated_at),
    }


def record(row: AlertRecord) -> t.AlertRecord:
    """Show a record with the names of version 3 of the API."""
    return cast(t.AlertRecord, {"id": row.id, "alert_rule_id": row.rule_id, **_facts(row)})


def old_record(row: AlertRecord) -> t.AlertConfigRecord:
    """Show a record with the names that the vendor's clients read."""
    ids = {"id": row.number, "uuid": row.id, "alert_config_uuid": row.rule_id}
    return cast(t.AlertConfigRecord, {**ids, **_facts(row)})


def monitored(row: AlertRecord) -> t.MonitoredAlert:
    """Show a record with its rule and model."""
    about = {
        "alert_rule": {"id": row.rule.id, "name": row.rule.name},
        "priority": row.rule.priority,
        "metric_id": row.rule.metric_id,
        "model": views.model_reference(row.rule.model),
        "project": views.project_reference(row.rule.model.project),
    }
    return cast(t.MonitoredAlert, {**record(row), **about})


def history(one: BinHistory) -> t.AlertBinHistory:
    return {
        "time_bucket": milliseconds(one.bin_start),
        "alert_count": one.count,
        "alert_history_count": one.count - 1,
        "latest_record": record(one.latest),
    }


def summary(row: AlertRule, found: RuleHistory | None) -> t.AlertRuleSummary:
    """Show a rule with the record that was made last, if it has any."""
    last = None if found is None else found.latest
    value = None if last is None else last.value
    severity = cast(t.LastSeverity, None if last is None else last.severity)
    return {
        "alert_rule_id": row.id,
        "id": None if last is None else last.id,
        "name": row.name,
        "metric": metric(row),
        "priority": cast(t.AlertPriority, row.priority),
        "compare_to": cast(t.AlertComparison, row.compare_to),
        "compare_bin_delta": row.compare_bin_delta,
        "condition": cast(t.AlertCondition, row.condition),
        "bin_size": cast(t.AlertBinSize, row.bin_size),
        "feature_names": _columns(row),
        "critical_threshold": row.critical_threshold,
        "warning_threshold": row.warning_threshold,
        "enable_notification": row.enable_notification,
        "alert_record_count": 0 if found is None else found.count,
        "alert_value": value,
        "severity": severity,
        "latest_alert_record_value": value,
        "latest_alert_time_bucket": None if last is None else milliseconds(last.bin_start),
        "latest_alert_feature_name": None if last is None else last.column or None,
        "latest_threshold": None if last is None else last.critical_threshold,
        "latest_alert_record_severity": severity,
        "baseline": _named(row.baseline),
        "segment": _named(row.segment),
        "model": views.model_reference(row.model),
        "project": views.project_reference(row.model.project),
        "organization": views.organization(row.model.project.organization),
    }


def evaluation(row: AlertEvaluation) -> t.AlertEvaluation:
    return {
        "alert_rule_id": row.rule_id,
        "alert_config_revision": row.revision,
        "feature_name": row.column or None,
        "alert_time_bucket": milliseconds(row.bin_start),
        "state": cast(t.AlertState, row.state),
        "reason": row.reason,
        "value": row.value,
        "baseline_value": row.baseline_value,
        "data_revision": row.data_revision,
        "evaluated_at": views.time(row.judged_at),
    }


def judged_bin(evaluations: Sequence[AlertEvaluation], records: Sequence[AlertRecord]) -> t.JudgedAlertBin:
    """Show how a bin was judged, and the records that this made."""
    return {"evaluations": list(map(evaluation, evaluations)), "records": list(map(record, records))}


def previewed(one: Judgement) -> t.PreviewedAlertBin:
    """Show how a column would have been judged in a bin."""
    verdict = one.verdict
    return {
        "feature_name": one.column,
        "alert_time_bucket": milliseconds(one.bin_start),
        "state": one.state.value,
        "reason": one.reason,
        "value": one.value,
        "baseline_value": one.baseline_value,
        "critical_threshold": None if verdict is None else verdict.critical_threshold,
        "warning_threshold": None if verdict is None else verdict.warning_threshold,
        "message": None if verdict is None else verdict.message,
        "data_revision": one.data_revision,
    }


def milliseconds(moment: datetime) -> int:
    """Return milliseconds since 1970."""
    return microseconds(moment) // 1000


def _facts(row: AlertRecord) -> dict[str, object]:
    return {
        "alert_config_revision": row.revision,
        "alert_run_start_time": milliseconds(row.judged_at),
        "alert_time_bucket": milliseconds(row.bin_start),
        "alert_value": row.value,
        "baseline_time_bucket": None if row.baseline_bin_start is None else milliseconds(row.baseline_bin_start),
        "baseline_value": row.baseline_value,
        "critical_threshold": row.critical_threshold,
        "warning_threshold": row.warning_threshold,
        "is_alert": row.is_alert,
        "severity": row.severity,
        "failure_reason": "NA",
        "message": row.message,
        "feature_name": row.column or None,
        "alert_record_main_version": row.main_version,
        "alert_record_sub_version": row.sub_version,
        "created_at": views.time(row.created_at),
        "updated_at": views.time(row.created_at),
    }


def _columns(row: AlertRule) -> list[str] | None:
    return [column.name for column in row.columns] or None


def _named(row: Baseline | Segment | None) -> t.NamedReference | None:
    return None if row is None else {"id": row.id, "name": row.name}
