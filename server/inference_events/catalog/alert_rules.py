"""Alert rules: what of a model to watch, the thresholds of each revision, and whom to notify."""

from collections.abc import Collection, Sequence

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, contains_eager, joinedload

from inference_events.catalog.alert_tables import AlertRule, AlertRuleColumn, AlertRuleRevision, AlertRuleWebhook
from inference_events.catalog.concurrency import Lock, find, locked
from inference_events.catalog.listing import Column, Listing, Page, page
from inference_events.catalog.tables import BRIEF_MODEL, Model, utc_now
from inference_events.errors import Conflict, ObjectNotFound
from inference_events.messages import join_names

MANUAL = "manual"
COLUMNS: dict[str, Column] = {
    "id": AlertRule.id,
    "name": AlertRule.name,
    "model_id": AlertRule.model_id,
    "metric_id": AlertRule.metric_id,
    "baseline_id": AlertRule.baseline_id,
    "segment_id": AlertRule.segment_id,
    "priority": AlertRule.priority,
    "compare_to": AlertRule.compare_to,
    "condition": AlertRule.condition,
    "bin_size": AlertRule.bin_size,
    "created_at": AlertRule.created_at,
    "updated_at": AlertRule.updated_at,
}


def has_any_column(names: Sequence[str]) -> ColumnElement[bool]:
    """Select the rules about any of some columns."""
    return AlertRule.columns.any(AlertRuleColumn.name.in_(names))


def create(session: Session, row: AlertRule) -> AlertRule:
    """Add a rule and its first revision. Lock its model first, which must not change meanwhile.

    Raises Conflict if the model has a rule with that name.
    """
    session.add(row)
    _flush(session)
    _keep_revision(session, row)
    return get(session, row.id)


def get(session: Session, id: str, lock: Lock = Lock.NONE) -> AlertRule:
    """Return a rule with its model, baseline, segment and metric. Raises ObjectNotFound also for a deleted model's."""
    if lock is not Lock.NONE:
        find(session, AlertRule, id, lock)
    row = session.scalars(with_model().where(AlertRule.id == id)).one_or_none()
    if row is None:
        raise ObjectNotFound.of("Alert rule")
    return row


def lock_all(session: Session, ids: Collection[str]) -> Sequence[AlertRule]:
    """Return those of the rules that exist, with an EXCLUSIVE lock on each."""
    session.scalars(locked(select(AlertRule.id).where(AlertRule.id.in_(ids)), AlertRule, AlertRule.id)).all()
    return session.scalars(with_model().where(AlertRule.id.in_(ids)).order_by(AlertRule.id)).all()


def list_page(session: Session, listing: Listing, of_type: str | None = None) -> Page[AlertRule]:
    """Return a page of the rules of all models, of one threshold type if given.

    Raises BadRequest for a listing that cannot be read.
    """
    rows = with_model()
    if of_type is not None:
        rows = rows.where(AlertRule.threshold_type == of_type)
    # The oldest client has the second name for the columns.
    lists = {"feature_names": has_any_column, "columns": has_any_column}
    return page(session, rows, listing, COLUMNS, "name", AlertRule.folded_name, lists)


def of_model(session: Session, model_id: str) -> Sequence[AlertRule]:
    """Return all rules of a model, by name."""
    return session.scalars(with_model().where(AlertRule.model_id == model_id).order_by(AlertRule.name)).all()


def update(session: Session, row: AlertRule, token_id: str, *, is_new_revision: bool) -> AlertRule:
    """Store the changes of a locked rule, with new thresholds as a new revision.

    Raises Conflict if the model has another rule with its name.
    """
    row.updated_by_id = token_id
    row.updated_at = utc_now()
    row.revision += is_new_revision
    _flush(session)
    if is_new_revision:
        _keep_revision(session, row)
    session.expire(row, ["updated_by"])
    return get(session, row.id)


def delete(session: Session, id: str) -> AlertRule:
    """Delete a rule and return it. Its records and evaluations are hidden with it. Raises ObjectNotFound."""
    # No other transaction may add a webhook meanwhile.
    row = get(session, id, Lock.EXCLUSIVE)
    session.delete(row)
    session.flush()
    return row


def revisions(session: Session, rule_id: str) -> Sequence[AlertRuleRevision]:
    """Return the revisions of a rule, oldest first."""
    rows = select(AlertRuleRevision).where(AlertRuleRevision.rule_id == rule_id)
    return session.scalars(rows.order_by(AlertRuleRevision.revision)).all()


def check_unused(session: Session, what: str, condition: ColumnElement[bool]) -> None:
    """Refuse to delete what the rules with a condition use. Raises Conflict with their names."""
    names = session.scalars(select(AlertRule.name).join(AlertRule.model).where(_exists(), condition)).all()
    if names:
        raise Conflict(f"Alert rules use the {what}; change or delete them first: {join_names(sorted(names))}")


def notifies(webhook_id: str) -> ColumnElement[bool]:
    """Select the rules that notify a webhook."""
    return AlertRule.webhooks.any(AlertRuleWebhook.webhook_id == webhook_id)


def with_model() -> Select[AlertRule]:
    """Select the rules of models that are not deleted, with all that a response shows of them."""
    return (
        select(AlertRule)
        .join(AlertRule.model)
        .where(_exists())
        .options(
            contains_eager(AlertRule.model).options(*BRIEF_MODEL),
            joinedload(AlertRule.baseline),
            joinedload(AlertRule.segment),
            joinedload(AlertRule.custom_metric),
        )
    )


def _exists() -> ColumnElement[bool]:
    return Model.deleted_at.is_(None)


def _keep_revision(session: Session, row: AlertRule) -> None:
    session.add(
        AlertRuleRevision(
            rule_id=row.id,
            revision=row.revision,
            auto_threshold_params=row.auto_threshold_params,
            critical_threshold=row.critical_threshold,
            warning_threshold=row.warning_threshold,
            created_by_id=row.updated_by_id,
        )
    )
    session.flush()


def _flush(session: Session) -> None:
    try:
        session.flush()
    except IntegrityError:
        raise Conflict("Alert rule with the same name already exists for this model") from None
