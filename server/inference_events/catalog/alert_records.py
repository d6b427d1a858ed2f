"""Records of alerts, and evaluations: how each column of a rule was judged last in a bin."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVarTuple

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, aliased, contains_eager

from inference_events.catalog.alert_tables import ALERT_STATES, NEWEST_ALERTS, AlertEvaluation, AlertRecord, AlertRule
from inference_events.catalog.listing import Column, Listing, Page, page
from inference_events.catalog.tables import BRIEF_MODEL, Model

Range = tuple[datetime, datetime]
# A rule, a column, and the start of a bin.
RecordKey = tuple[str, str, datetime]
Ts = TypeVarTuple("Ts")

_FIELDS: dict[str, Column] = {
    "alert_time_bucket": AlertRecord.bin_start,
    "alert_run_start_time": AlertRecord.judged_at,
    "alert_config_revision": AlertRecord.revision,
    "alert_value": AlertRecord.value,
    "feature_name": AlertRecord.column,
    "severity": AlertRecord.severity,
    "alert_record_main_version": AlertRecord.main_version,
    "alert_record_sub_version": AlertRecord.sub_version,
    "created_at": AlertRecord.created_at,
    "updated_at": AlertRecord.created_at,
}
# Both have an `id`: a number in version 2 of the API, which is in the order of creation, and a UUID in version 3.
V2_FIELDS = {"id": AlertRecord.number, "uuid": AlertRecord.id} | _FIELDS
V3_FIELDS = {"id": AlertRecord.id, "alert_rule_id": AlertRecord.rule_id, "model_id": AlertRecord.model_id} | _FIELDS
# From the best to the worst.
STATES = ("ok", "learning", "no_data", *ALERT_STATES)
NEWEST_FIRST = "-alert_time_bucket,-created_at"


@dataclass(frozen=True)
class BinHistory:
    """The number of records of a bin, and the one that was made last."""

    bin_start: datetime
    count: int
    latest: AlertRecord


@dataclass(frozen=True)
class RuleHistory:
    """The number of records of a rule, and the one that was made last."""

    count: int
    latest: AlertRecord


def newest(session: Session, keys: Collection[RecordKey]) -> dict[RecordKey, AlertRecord]:
    """Return the newest record of each column of a rule in a bin that has one. Few bins should be among the keys."""
    if not keys:
        return {}
    rules, _, starts = (set(part) for part in zip(*keys, strict=True))
    rows = select(AlertRecord).where(
        AlertRecord.rule_id.in_(rules), AlertRecord.bin_start.in_(starts), AlertRecord.is_newest
    )
    found = {(row.rule_id, row.column, row.bin_start): row for row in session.scalars(rows)}
    return {key: found[key] for key in keys if key in found}


def list_of_rule(
    session: Session, rule_id: str, listing: Listing, range: Range, fields: Mapping[str, Column]
) -> Page[AlertRecord]:
    """Return a page of the records of a rule whose bins begin in a range, both ends included.

    Raises BadRequest for an unknown field in the ordering.
    """
    rows = _of_rule(rule_id).where(AlertRecord.bin_start.between(*range))
    return page(session, rows, listing, fields, NEWEST_FIRST, AlertRecord.message)


def list_page(session: Session, listing: Listing, range: Range) -> Page[AlertRecord]:
    """Return a page of the records of all rules, with their rules. Raises BadRequest for an invalid listing."""
    rows = (
        _of_existing_rules(select(AlertRecord))
        .where(AlertRecord.bin_start.between(*range))
        .options(contains_eager(AlertRecord.rule).contains_eager(AlertRule.model).options(*BRIEF_MODEL))
    )
    return page(session, rows, listing, V3_FIELDS, NEWEST_FIRST, AlertRule.folded_name)


def list_history(session: Session, rule_id: str, range: Range, limit: int, offset: int) -> Page[BinHistory]:
    """Return a page of the bins of a rule that have records, newest first."""
    bins = (
        select(AlertRecord.bin_start, func.count().label("records"), func.max(AlertRecord.number).label("latest"))
        .where(AlertRecord.rule_id == rule_id, AlertRecord.bin_start.between(*range))
        .group_by(AlertRecord.bin_start)
    )
    total = session.scalar(select(func.count()).select_from(bins.subquery())) or 0
    found = session.execute(bins.order_by(AlertRecord.bin_start.desc()).limit(limit).offset(offset)).all()
    records = _by_number(session, [row.latest for row in found])
    return Page([BinHistory(row.bin_start, row.records, records[row.latest]) for row in found], total)


def histories(session: Session, rule_ids: Sequence[str], range: Range) -> Mapping[str, RuleHistory]:
    """Return the history of each rule that has a record of a bin in a range."""
    rows = (
        select(AlertRecord.rule_id, func.count().label("records"), func.max(AlertRecord.number).label("latest"))
        .where(AlertRecord.rule_id.in_(rule_ids), AlertRecord.bin_start.between(*range))
        .group_by(AlertRecord.rule_id)
    )
    found = session.execute(rows).all()
    records = _by_number(session, [row.latest for row in found])
    return {row.rule_id: RuleHistory(row.records, records[row.latest]) for row in found}


def count_alerts(session: Session, range: Range) -> Mapping[str, int]:
    """Return by model how many columns of rules are alerts in bins that begin in a range."""
    rows = _alerts(select(AlertRecord.model_id, func.count().label("alerts")).select_from(AlertRecord), range)
    found = session.execute(rows.group_by(AlertRecord.model_id))
    return {row.model_id: row.alerts for row in found}


def count_by_metric(session: Session, range: Range) -> Mapping[tuple[str, str], int]:
    """Return how many alerts there are by metric and severity."""
    rows = _alerts(select(AlertRule.metric_id, AlertRecord.severity, func.count()).select_from(AlertRecord), range)
    grouped = rows.group_by(AlertRule.metric_id, AlertRecord.severity)
    return {(metric_id, severity): count for metric_id, severity, count in session.execute(grouped)}


def last_created(session: Session, range: Range) -> datetime | None:
    """Return when the last record of a bin in a range was made."""
    rows = _of_existing_rules(select(AlertRecord.created_at)).where(AlertRecord.bin_start.between(*range))
    return session.scalars(rows.order_by(AlertRecord.created_at.desc()).limit(1)).one_or_none()


def open_rules(session: Session, model_id: str) -> Mapping[str, int]:
    """Return by state how many rules of a model are alerts in the newest bin that was judged.

    A rule with several columns has the worst of their states.
    """
    judged = aliased(AlertEvaluation)
    newest = select(func.max(judged.bin_start)).where(judged.rule_id == AlertRule.id)
    rows = (
        select(AlertEvaluation.rule_id, AlertEvaluation.state)
        .join(AlertRule, AlertRule.id == AlertEvaluation.rule_id)
        .where(AlertRule.model_id == model_id, AlertEvaluation.bin_start == newest.scalar_subquery())
        .where(AlertEvaluation.state.in_(ALERT_STATES))
    )
    worst: dict[str, int] = {}
    for rule_id, state in session.execute(rows):
        worst[rule_id] = max(worst.get(rule_id, 0), ALERT_STATES.index(state))
    counted = Counter(worst.values())
    return {state: counted[place] for place, state in enumerate(ALERT_STATES)}


def list_evaluations(session: Session, rule_id: str, range: Range, limit: int, offset: int) -> Page[AlertEvaluation]:
    """Return a page of the evaluations of a rule, newest bin first, then by column."""
    rows = select(AlertEvaluation).where(AlertEvaluation.rule_id == rule_id, AlertEvaluation.bin_start.between(*range))
    total = session.scalar(select(func.count()).select_from(rows.subquery())) or 0
    ordered = rows.order_by(AlertEvaluation.bin_start.desc(), AlertEvaluation.column)
    return Page(session.scalars(ordered.limit(limit).offset(offset)).all(), total)


def last_evaluations(session: Session, rule_ids: Sequence[str]) -> Mapping[str, AlertEvaluation]:
    """Return how the newest judged bin of each rule was judged, of several columns the worst."""
    judged = aliased(AlertEvaluation)
    newest = select(func.max(judged.bin_start)).where(judged.rule_id == AlertEvaluation.rule_id)
    rows = select(AlertEvaluation).where(
        AlertEvaluation.rule_id.in_(rule_ids), AlertEvaluation.bin_start == newest.scalar_subquery()
    )
    found = sorted(session.scalars(rows), key=lambda one: (STATES.index(one.state), one.column))
    return {one.rule_id: one for one in found}


def evaluations_of(session: Session, rule_id: str, bin_start: datetime) -> Sequence[AlertEvaluation]:
    """Return how each column of a rule was judged in a bin."""
    rows = select(AlertEvaluation).where(AlertEvaluation.rule_id == rule_id, AlertEvaluation.bin_start == bin_start)
    return session.scalars(rows.order_by(AlertEvaluation.column)).all()


def _of_rule(rule_id: str) -> Select[AlertRecord]:
    return select(AlertRecord).where(AlertRecord.rule_id == rule_id)


def _of_existing_rules(rows: Select[*Ts]) -> Select[*Ts]:
    return rows.join(AlertRecord.rule).join(AlertRule.model).where(Model.deleted_at.is_(None))


def _alerts(rows: Select[*Ts], range: Range) -> Select[*Ts]:
    return _of_existing_rules(rows).where(NEWEST_ALERTS, AlertRecord.bin_start.between(*range))


def _by_number(session: Session, numbers: Sequence[int]) -> Mapping[int, AlertRecord]:
    found = session.scalars(select(AlertRecord).where(AlertRecord.number.in_(numbers)))
    return {row.number: row for row in found}
