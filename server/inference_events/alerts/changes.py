"""Changes of a model that would break its alert rules. Except for their thresholds, these never change."""

from collections.abc import Iterator

from sqlalchemy.orm import Session

from inference_events.alerts.metrics import faults
from inference_events.catalog import alert_rules
from inference_events.catalog.alert_tables import AlertRule
from inference_events.catalog.tables import Model
from inference_events.errors import Conflict, ErrorDetail
from inference_events.messages import join_names, quote
from inference_events.monitoring.definitions.rules import stored_subject
from inference_events.monitoring.metrics import METRICS
from inference_events.monitoring.subject import Subject

MAX_FAULTS = 50


def check_change(session: Session, model: Model, before: Subject) -> None:
    """Refuse the change of a model that removes or retypes a column of a rule, or takes the metric from it.

    `before` is the model before it changed. Raises Conflict with the names of the rules.
    """
    after = stored_subject(session, model)
    broken = [(row, fault) for row in alert_rules.of_model(session, model.id) for fault in _faults(row, before, after)]
    if broken:
        names = join_names(list(dict.fromkeys(row.name for row, _ in broken)))
        details = [ErrorDetail(f"alert rule {quote(row.name)} {fault}", reason="Conflict") for row, fault in broken]
        raise Conflict(f"Alert rules use what would change: {names}", details[:MAX_FAULTS])


def _faults(row: AlertRule, before: Subject, after: Subject) -> Iterator[str]:
    columns = [column.name for column in row.columns]
    changed = [name for name in columns if _type(name, before) != _type(name, after)]
    for name in changed:
        what = "would be removed" if name not in after.columns else "would get another type"
        yield f"uses {quote(name)}, which {what}"
    # The definition of a custom metric binds its columns itself.
    if row.metric_id not in METRICS or changed or any(_metric_faults(row, columns, before)):
        return
    for fault in _metric_faults(row, columns, after):
        yield f"would not be valid any more: {fault.message}"


def _metric_faults(row: AlertRule, columns: list[str], subject: Subject) -> Iterator[ErrorDetail]:
    baseline = None if row.baseline is None else row.baseline.name
    return faults(row.metric_id, columns, row.category, baseline, subject)


def _type(name: str, subject: Subject) -> str | None:
    return subject.data_types.get(name)
