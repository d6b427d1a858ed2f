"""The tables of alert rules, of their records, and of the bins that were judged."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, UniqueConstraint, text
from sqlalchemy.orm import Mapped, foreign, mapped_column, relationship, remote

from inference_events.catalog.tables import (
    Baseline,
    CustomMetric,
    Id,
    JsonObject,
    Model,
    Named,
    Segment,
    Table,
    Token,
    new_id,
    text_type,
    utc_now,
)


class AlertRule(Named, Table):
    """A rule of a model. `metric_id` is that of a builtin metric or the id of a custom metric.

    Each change of a threshold raises `revision`. `evaluation_delay` is in hours. `emails`, `pagerduty_services`,
    `pagerduty_severity` and the webhooks say whom to notify.
    """

    __tablename__ = "alert_rules"
    __table_args__ = (
        UniqueConstraint("model_id", "name"),
        Index("ix_alert_rules_baseline_id", "baseline_id"),
        Index("ix_alert_rules_segment_id", "segment_id"),
        Index("ix_alert_rules_metric_id", "metric_id"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    model_id: Mapped[str] = mapped_column(Id, ForeignKey("models.id"))
    name: Mapped[str] = mapped_column(text_type(255))
    metric_id: Mapped[str] = mapped_column(text_type(64))
    baseline_id: Mapped[str | None] = mapped_column(Id, ForeignKey("baselines.id"))
    segment_id: Mapped[str | None] = mapped_column(Id, ForeignKey("segments.id"))
    priority: Mapped[str] = mapped_column(text_type(16))
    compare_to: Mapped[str] = mapped_column(text_type(16))
    compare_bin_delta: Mapped[int | None]
    condition: Mapped[str] = mapped_column(text_type(16))
    bin_size: Mapped[str] = mapped_column(text_type(16))
    threshold_type: Mapped[str] = mapped_column(text_type(64))
    auto_threshold_params: Mapped[JsonObject | None]
    critical_threshold: Mapped[float | None]
    warning_threshold: Mapped[float | None]
    evaluation_delay: Mapped[int]
    category: Mapped[str | None] = mapped_column(text_type())
    enable_notification: Mapped[bool] = mapped_column(default=True)
    emails: Mapped[list[str]] = mapped_column(default=list)
    pagerduty_services: Mapped[list[str]] = mapped_column(default=list)
    pagerduty_severity: Mapped[str] = mapped_column(text_type(16), default="")
    revision: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    updated_at: Mapped[datetime] = mapped_column(default=utc_now, onupdate=utc_now)
    created_by_id: Mapped[str] = mapped_column(Id, ForeignKey("tokens.id"))
    updated_by_id: Mapped[str] = mapped_column(Id, ForeignKey("tokens.id"))

    model: Mapped[Model] = relationship(lazy="raise")
    baseline: Mapped[Baseline | None] = relationship(lazy="raise")
    segment: Mapped[Segment | None] = relationship(lazy="raise")
    custom_metric: Mapped[CustomMetric | None] = relationship(
        primaryjoin=lambda: foreign(AlertRule.metric_id) == remote(CustomMetric.id), lazy="raise", viewonly=True
    )
    columns: Mapped[list["AlertRuleColumn"]] = relationship(
        lazy="selectin", order_by="AlertRuleColumn.place", cascade="all, delete-orphan"
    )
    webhooks: Mapped[list["AlertRuleWebhook"]] = relationship(
        lazy="selectin", order_by="AlertRuleWebhook.place", cascade="all, delete-orphan"
    )
    created_by: Mapped[Token] = relationship(lazy="joined", innerjoin=True, foreign_keys=[created_by_id])
    updated_by: Mapped[Token] = relationship(lazy="joined", innerjoin=True, foreign_keys=[updated_by_id])


class AlertRuleColumn(Table):
    """A column of a model, or a custom feature, that a rule is about."""

    __tablename__ = "alert_rule_columns"

    rule_id: Mapped[str] = mapped_column(Id, ForeignKey("alert_rules.id"), primary_key=True)
    place: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(text_type())


class AlertRuleWebhook(Table):
    """A webhook that a rule notifies."""

    __tablename__ = "alert_rule_webhooks"
    __table_args__ = (Index("ix_alert_rule_webhooks_webhook_id", "webhook_id"),)

    rule_id: Mapped[str] = mapped_column(Id, ForeignKey("alert_rules.id"), primary_key=True)
    place: Mapped[int] = mapped_column(primary_key=True)
    webhook_id: Mapped[str] = mapped_column(Id)


class AlertRuleRevision(Table):
    """The thresholds that a rule had in one of its revisions. It is kept a while longer than its rule."""

    __tablename__ = "alert_rule_revisions"

    rule_id: Mapped[str] = mapped_column(Id, primary_key=True)
    revision: Mapped[int] = mapped_column(primary_key=True)
    auto_threshold_params: Mapped[JsonObject | None]
    critical_threshold: Mapped[float | None]
    warning_threshold: Mapped[float | None]
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    created_by_id: Mapped[str] = mapped_column(Id)


# The states of an evaluation that are alerts, the worst one last.
ALERT_STATES = ("warning", "critical")
# As text, because SQLite uses a partial index only if a query has exactly its condition.
NEWEST_ALERTS = text("is_newest AND is_alert")


class AlertRecord(Table):
    """What one judgement of a bin found, if that is an alert or the end of one.

    `column` is empty for a rule without columns. The thresholds are those of the judgement. The main version of a bin's
    records grows with each change of severity, the sub version with each other change. The newest record of a column
    and a bin has `is_newest`; nothing else of a record ever changes. It is kept a while longer than its rule.
    """

    __tablename__ = "alert_records"
    __table_args__ = (
        UniqueConstraint(
            "rule_id",
            "revision",
            "column",
            "bin_start",
            "main_version",
            "sub_version",
            # PostgreSQL takes 63 characters, which the name by convention exceeds.
            name="uq_alert_records_version",
        ),
        Index("ix_alert_records_rule_id", "rule_id", "bin_start"),
        Index(
            "ix_alert_records_newest",
            "model_id",
            "bin_start",
            sqlite_where=NEWEST_ALERTS,
            postgresql_where=NEWEST_ALERTS,
        ),
        Index("ix_alert_records_created_at", "created_at"),
    )

    number: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True
    )
    id: Mapped[str] = mapped_column(Id, unique=True, default=new_id)
    rule_id: Mapped[str] = mapped_column(Id)
    model_id: Mapped[str] = mapped_column(Id)
    revision: Mapped[int]
    column: Mapped[str] = mapped_column(text_type())
    bin_start: Mapped[datetime]
    value: Mapped[float]
    baseline_bin_start: Mapped[datetime | None]
    baseline_value: Mapped[float | None]
    critical_threshold: Mapped[float]
    warning_threshold: Mapped[float | None]
    severity: Mapped[str] = mapped_column(text_type(16))
    is_alert: Mapped[bool]
    is_newest: Mapped[bool]
    is_suppressed: Mapped[bool]
    main_version: Mapped[int]
    sub_version: Mapped[int]
    message: Mapped[str] = mapped_column(text_type())
    judged_at: Mapped[datetime]
    created_at: Mapped[datetime] = mapped_column(default=utc_now)

    rule: Mapped[AlertRule] = relationship(
        primaryjoin=lambda: foreign(AlertRecord.rule_id) == remote(AlertRule.id), lazy="raise", viewonly=True
    )


class AlertEvaluation(Table):
    """How a column of a rule was judged last in a bin. `reason` says why there is no value.

    `column` is empty for a rule without columns. The row is kept a while longer than its rule.
    """

    __tablename__ = "alert_evaluations"
    __table_args__ = (
        Index("ix_alert_evaluations_rule_id", "rule_id", "bin_start"),
        Index("ix_alert_evaluations_judged_at", "judged_at"),
    )

    rule_id: Mapped[str] = mapped_column(Id, primary_key=True)
    column: Mapped[str] = mapped_column(text_type(), primary_key=True)
    bin_start: Mapped[datetime] = mapped_column(primary_key=True)
    model_id: Mapped[str] = mapped_column(Id)
    revision: Mapped[int]
    state: Mapped[str] = mapped_column(text_type(16))
    reason: Mapped[str | None] = mapped_column(text_type(64))
    value: Mapped[float | None]
    baseline_value: Mapped[float | None]
    data_revision: Mapped[str] = mapped_column(text_type(64))
    judged_at: Mapped[datetime]


class AlertWatermark(Table):
    """The newest bin of a rule that was queued. Every bin before it was queued, too, or is none of the rule."""

    __tablename__ = "alert_watermarks"

    rule_id: Mapped[str] = mapped_column(Id, primary_key=True)
    bin_start: Mapped[datetime]


class AlertDueBin(Table):
    """A bin of a rule that is to be judged, for the first time or again."""

    __tablename__ = "alert_due_bins"
    __table_args__ = (Index("ix_alert_due_bins_bin_start", "bin_start"),)

    rule_id: Mapped[str] = mapped_column(Id, primary_key=True)
    bin_start: Mapped[datetime] = mapped_column(primary_key=True)
    model_id: Mapped[str] = mapped_column(Id)
    due_at: Mapped[datetime]


class AlertDataRevision(Table):
    """The data revision of a model's production events up to which changes of judged bins were queued."""

    __tablename__ = "alert_data_revisions"

    model_id: Mapped[str] = mapped_column(Id, primary_key=True)
    environment_id: Mapped[str] = mapped_column(Id)
    changes: Mapped[int] = mapped_column(BigInteger)
    last: Mapped[int] = mapped_column(BigInteger)
