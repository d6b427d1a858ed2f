"""Forget expired records and evaluations, and what is left of deleted rules and models, in short steps."""

from datetime import datetime

from sqlalchemy import ColumnElement, delete, select, tuple_
from sqlalchemy.orm import Session

from inference_events.catalog.alert_tables import AlertEvaluation, AlertRecord, AlertRule, AlertRuleRevision
from inference_events.catalog.tables import Model

_UNSYNCHRONIZED = {"synchronize_session": False}
_EVALUATION = (AlertEvaluation.rule_id, AlertEvaluation.column, AlertEvaluation.bin_start)


def forget_rules(session: Session, limit: int) -> int:
    """Delete up to `limit` rules of deleted models. Return how many."""
    rows = select(AlertRule).join(AlertRule.model).where(Model.deleted_at.is_not(None))
    found = session.scalars(rows.order_by(AlertRule.id).limit(limit)).all()
    for row in found:
        session.delete(row)
    session.flush()
    return len(found)


def forget_traces(session: Session, limit: int) -> bool:
    """Delete up to `limit` records and as many evaluations of one deleted rule. Return whether there was one.

    Its revisions go last, because they show that there was such a rule.
    """
    exists = select(AlertRule.id).where(AlertRule.id == AlertRuleRevision.rule_id).exists()
    rule_id = session.scalar(select(AlertRuleRevision.rule_id).where(~exists).limit(1))
    if rule_id is None:
        return False
    records = _delete_records(session, AlertRecord.rule_id == rule_id, limit)
    evaluations = _delete_evaluations(session, AlertEvaluation.rule_id == rule_id, limit)
    if not records + evaluations:
        session.execute(delete(AlertRuleRevision).where(AlertRuleRevision.rule_id == rule_id))
    return True


def forget_records(session: Session, before: datetime, limit: int) -> int:
    """Delete up to `limit` records that were made before a time. Return how many."""
    return _delete_records(session, AlertRecord.created_at < before, limit)


def forget_evaluations(session: Session, before: datetime, limit: int) -> int:
    """Delete up to `limit` evaluations that were made before a time. Return how many."""
    return _delete_evaluations(session, AlertEvaluation.judged_at < before, limit)


def _delete_records(session: Session, which: ColumnElement[bool], limit: int) -> int:
    gone = select(AlertRecord.number).where(which).limit(limit)
    deleted = delete(AlertRecord).where(AlertRecord.number.in_(gone)).returning(AlertRecord.number)
    return len(session.execute(deleted, execution_options=_UNSYNCHRONIZED).all())


def _delete_evaluations(session: Session, which: ColumnElement[bool], limit: int) -> int:
    gone = select(*_EVALUATION).where(which).limit(limit)
    deleted = delete(AlertEvaluation).where(tuple_(*_EVALUATION).in_(gone)).returning(AlertEvaluation.rule_id)
    return len(session.execute(deleted, execution_options=_UNSYNCHRONIZED).all())
