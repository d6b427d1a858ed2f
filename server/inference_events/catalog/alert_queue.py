"""The bins that alert rules are to judge: those that closed, and those whose events changed after their judgement.

Each rule has a watermark, the newest bin that was queued. Bins enter the queue in the transaction that raises it, or
that raises the data revision up to which changes are queued, and leave it in the transaction of their judgement. So a
crash loses no bin, and at most a judgement is repeated. Newer bins are judged first, and if the queue is full the
oldest bins leave it without a judgement.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, delete, func, literal, or_, select, tuple_, update
from sqlalchemy.orm import Session

from inference_events.catalog.alert_tables import (
    AlertDataRevision,
    AlertDueBin,
    AlertEvaluation,
    AlertRule,
    AlertWatermark,
)
from inference_events.catalog.concurrency import insert_missing
from inference_events.catalog.tables import Model, UtcDateTime
from inference_events.events.types import DataRevision

Range = tuple[datetime, datetime]
_CHANGE: dict[str, Any] = {"synchronize_session": False}
_BIN = (AlertDueBin.rule_id, AlertDueBin.bin_start)


class RuleBin(NamedTuple):
    """A bin of a rule, by its start."""

    rule_id: str
    bin_start: datetime


class Behind(NamedTuple):
    """A rule with closed bins after its watermark, which is None for a new rule."""

    rule_id: str
    model_id: str
    watermark: datetime | None


class KnownRevision(NamedTuple):
    """The data revision of a model's production events up to which changes are queued."""

    model_id: str
    environment_id: str
    revision: DataRevision


def schedules(session: Session) -> Sequence[tuple[str, int]]:
    """Return the sizes of bins and the delays in hours that rules have."""
    rows = session.execute(select(AlertRule.bin_size, AlertRule.evaluation_delay).distinct())
    return [(size, delay) for size, delay in rows]


def behind(session: Session, size: str, delay_hours: int, closed: datetime) -> Sequence[Behind]:
    """Return the rules with this schedule whose watermark is before a bin."""
    rows = (
        select(AlertRule.id, AlertRule.model_id, AlertWatermark.bin_start)
        .join(AlertRule.model)
        .outerjoin(AlertWatermark, AlertWatermark.rule_id == AlertRule.id)
        .where(Model.deleted_at.is_(None), AlertRule.bin_size == size, AlertRule.evaluation_delay == delay_hours)
        .where(or_(AlertWatermark.bin_start.is_(None), AlertWatermark.bin_start < closed))
    )
    return [Behind(*row) for row in session.execute(rows)]


def queue_closed(
    session: Session, rules: Sequence[Behind], bins: Sequence[Sequence[datetime]], closed: datetime, now: datetime
) -> None:
    """Queue the closed bins of each rule, and raise their watermarks to the newest of them."""
    rows = [
        {"rule_id": rule.rule_id, "bin_start": start, "model_id": rule.model_id, "due_at": now}
        for rule, starts in zip(rules, bins, strict=True)
        for start in starts
    ]
    insert_missing(session, rows, AlertDueBin, "rule_id", "bin_start")
    ids = [rule.rule_id for rule in rules]
    insert_missing(session, [{"rule_id": id, "bin_start": closed} for id in ids], AlertWatermark, "rule_id")
    raised = update(AlertWatermark).where(AlertWatermark.rule_id.in_(ids), AlertWatermark.bin_start < closed)
    session.execute(raised.values(bin_start=closed), execution_options=_CHANGE)


def queue_judged(session: Session, rule_ids: Sequence[str], ranges: Sequence[Range], due_at: datetime) -> int:
    """Queue the bins of rules again that begin in ranges, both ends included, and were judged. Return how many."""
    before = count(session)
    judged = (
        select(
            AlertEvaluation.rule_id.label("rule_id"),
            AlertEvaluation.bin_start.label("bin_start"),
            AlertEvaluation.model_id.label("model_id"),
            literal(due_at, UtcDateTime()).label("due_at"),
        )
        .distinct()
        .where(AlertEvaluation.rule_id.in_(rule_ids), _in_any(ranges))
    )
    insert_missing(session, judged, AlertDueBin, "rule_id", "bin_start")
    return count(session) - before


def drop_oldest(session: Session, most: int) -> int:
    """Drop the oldest bins beyond a number. Return how many."""
    too_many = count(session) - most
    if too_many <= 0:
        return 0
    oldest = select(*_BIN).order_by(AlertDueBin.bin_start, AlertDueBin.rule_id).limit(too_many)
    return _delete(session, tuple_(*_BIN).in_(oldest))


def count(session: Session) -> int:
    """Return how many bins are queued."""
    return session.scalar(select(func.count()).select_from(AlertDueBin)) or 0


def next_model(session: Session, now: datetime) -> str | None:
    """Return the model of the newest bin that is due, None if none is."""
    rows = select(AlertDueBin.model_id).where(AlertDueBin.due_at <= now)
    return session.scalar(rows.order_by(AlertDueBin.bin_start.desc(), AlertDueBin.model_id).limit(1))


def due_of_model(session: Session, model_id: str, now: datetime, limit: int) -> Sequence[RuleBin]:
    """Return up to `limit` bins of a model that are due, newest first."""
    rows = select(*_BIN).where(AlertDueBin.model_id == model_id, AlertDueBin.due_at <= now)
    ordered = rows.order_by(AlertDueBin.bin_start.desc(), AlertDueBin.rule_id).limit(limit)
    return [RuleBin(*row) for row in session.execute(ordered)]


def remove(session: Session, bins: Sequence[RuleBin]) -> None:
    """Take bins out of the queue."""
    _delete(session, tuple_(*_BIN).in_(bins))


def remove_model(session: Session, model_id: str) -> None:
    """Take all bins of a model out of the queue."""
    _delete(session, AlertDueBin.model_id == model_id)


def postpone(session: Session, bins: Sequence[RuleBin], due_at: datetime) -> None:
    """Let bins wait."""
    session.execute(update(AlertDueBin).where(tuple_(*_BIN).in_(bins)).values(due_at=due_at), execution_options=_CHANGE)


def known_revisions(session: Session) -> Sequence[KnownRevision]:
    """Return the data revision of each model that has been judged and is not deleted."""
    rows = select(AlertDataRevision).join(Model, Model.id == AlertDataRevision.model_id)
    found = session.scalars(rows.where(Model.deleted_at.is_(None)))
    return [KnownRevision(row.model_id, row.environment_id, DataRevision(row.changes, row.last)) for row in found]


def keep_first(session: Session, known: KnownRevision) -> None:
    """Keep the data revision of the first judgement of a model. Changes after it are queued from now on."""
    row = {
        "model_id": known.model_id,
        "environment_id": known.environment_id,
        "changes": known.revision.changes,
        "last": known.revision.last,
    }
    insert_missing(session, [row], AlertDataRevision, "model_id")


def raise_revision(session: Session, known: KnownRevision) -> None:
    """Keep a later data revision. The bins that changed before it are queued."""
    raised = update(AlertDataRevision).where(AlertDataRevision.model_id == known.model_id)
    session.execute(raised.values(changes=known.revision.changes, last=known.revision.last), execution_options=_CHANGE)


def forget(session: Session) -> None:
    """Forget what is kept of rules that were deleted, and of models without rules."""
    rules, models = select(AlertRule.id), select(AlertRule.model_id)
    _delete(session, AlertDueBin.rule_id.not_in(rules))
    for gone in (
        delete(AlertWatermark).where(AlertWatermark.rule_id.not_in(rules)),
        delete(AlertDataRevision).where(AlertDataRevision.model_id.not_in(models)),
    ):
        session.execute(gone, execution_options=_CHANGE)


def _in_any(ranges: Sequence[Range]) -> ColumnElement[bool]:
    return or_(*(AlertEvaluation.bin_start.between(*each) for each in ranges))


def _delete(session: Session, which: ColumnElement[bool]) -> int:
    gone = delete(AlertDueBin).where(which).returning(AlertDueBin.rule_id)
    return len(session.execute(gone, execution_options=_CHANGE).all())
