"""Keep alert rules, their records, and the bins that were judged."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

NEWEST_ALERTS = sa.text("is_newest AND is_alert")


def upgrade() -> None:
    _create_rules()
    _create_parts_of_rules()
    _create_records()
    _create_evaluations()


def downgrade() -> None:
    for table in (
        "alert_evaluations",
        "alert_records",
        "alert_rule_revisions",
        "alert_rule_webhooks",
        "alert_rule_columns",
        "alert_rules",
    ):
        op.drop_table(table)


def _create_rules() -> None:
    op.create_table(
        "alert_rules",
        sa.Column("id", _text(36), nullable=False),
        sa.Column("model_id", _text(36), nullable=False),
        sa.Column("name", _text(255), nullable=False),
        sa.Column("folded_name", _text(), nullable=False, server_default=""),
        sa.Column("metric_id", _text(64), nullable=False),
        sa.Column("baseline_id", _text(36), nullable=True),
        sa.Column("segment_id", _text(36), nullable=True),
        sa.Column("priority", _text(16), nullable=False),
        sa.Column("compare_to", _text(16), nullable=False),
        sa.Column("compare_bin_delta", sa.Integer(), nullable=True),
        sa.Column("condition", _text(16), nullable=False),
        sa.Column("bin_size", _text(16), nullable=False),
        sa.Column("threshold_type", _text(64), nullable=False),
        sa.Column("auto_threshold_params", sa.JSON(), nullable=True),
        sa.Column("critical_threshold", sa.Double(), nullable=True),
        sa.Column("warning_threshold", sa.Double(), nullable=True),
        sa.Column("evaluation_delay", sa.Integer(), nullable=False),
        sa.Column("category", _text(), nullable=True),
        sa.Column("enable_notification", sa.Boolean(), nullable=False),
        sa.Column("emails", sa.JSON(), nullable=False),
        sa.Column("pagerduty_services", sa.JSON(), nullable=False),
        sa.Column("pagerduty_severity", _text(16), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", _text(36), nullable=False),
        sa.Column("updated_by_id", _text(36), nullable=False),
        *(
            sa.ForeignKeyConstraint([column], [f"{table}.id"], name=op.f(f"fk_alert_rules_{column}_{table}"))
            for column, table in (
                ("model_id", "models"),
                ("baseline_id", "baselines"),
                ("segment_id", "segments"),
                ("created_by_id", "tokens"),
                ("updated_by_id", "tokens"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_rules")),
        sa.UniqueConstraint("model_id", "name", name=op.f("uq_alert_rules_model_id_name")),
    )
    for column in ("baseline_id", "segment_id", "metric_id"):
        op.create_index(op.f(f"ix_alert_rules_{column}"), "alert_rules", [column])


def _create_parts_of_rules() -> None:
    for table, column in (("alert_rule_columns", _column()), ("alert_rule_webhooks", _webhook())):
        op.create_table(
            table,
            sa.Column("rule_id", _text(36), nullable=False),
            sa.Column("place", sa.Integer(), nullable=False),
            column,
            sa.ForeignKeyConstraint(["rule_id"], ["alert_rules.id"], name=op.f(f"fk_{table}_rule_id_alert_rules")),
            sa.PrimaryKeyConstraint("rule_id", "place", name=op.f(f"pk_{table}")),
        )
    op.create_index(op.f("ix_alert_rule_webhooks_webhook_id"), "alert_rule_webhooks", ["webhook_id"])
    op.create_table(
        "alert_rule_revisions",
        sa.Column("rule_id", _text(36), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("auto_threshold_params", sa.JSON(), nullable=True),
        sa.Column("critical_threshold", sa.Double(), nullable=True),
        sa.Column("warning_threshold", sa.Double(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", _text(36), nullable=False),
        sa.PrimaryKeyConstraint("rule_id", "revision", name=op.f("pk_alert_rule_revisions")),
    )


def _column() -> sa.Column[str]:
    return sa.Column("name", _text(), nullable=False)


def _webhook() -> sa.Column[str]:
    return sa.Column("webhook_id", _text(36), nullable=False)


def _create_records() -> None:
    op.create_table(
        "alert_records",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("id", _text(36), nullable=False),
        sa.Column("rule_id", _text(36), nullable=False),
        sa.Column("model_id", _text(36), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("column", _text(), nullable=False),
        sa.Column("bin_start", sa.DateTime(timezone=True), nullable=False),
        sa.Column("value", sa.Double(), nullable=False),
        sa.Column("baseline_bin_start", sa.DateTime(timezone=True), nullable=True),
        sa.Column("baseline_value", sa.Double(), nullable=True),
        sa.Column("critical_threshold", sa.Double(), nullable=False),
        sa.Column("warning_threshold", sa.Double(), nullable=True),
        sa.Column("severity", _text(16), nullable=False),
        sa.Column("is_alert", sa.Boolean(), nullable=False),
        sa.Column("is_newest", sa.Boolean(), nullable=False),
        sa.Column("is_suppressed", sa.Boolean(), nullable=False),
        sa.Column("main_version", sa.Integer(), nullable=False),
        sa.Column("sub_version", sa.Integer(), nullable=False),
        sa.Column("message", _text(), nullable=False),
        sa.Column("judged_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_alert_records")),
        sa.UniqueConstraint("id", name=op.f("uq_alert_records_id")),
        sa.UniqueConstraint(
            "rule_id",
            "revision",
            "column",
            "bin_start",
            "main_version",
            "sub_version",
            name=op.f("uq_alert_records_version"),
        ),
    )
    op.create_index(op.f("ix_alert_records_rule_id"), "alert_records", ["rule_id", "bin_start"])
    op.create_index(
        op.f("ix_alert_records_newest"),
        "alert_records",
        ["model_id", "bin_start"],
        sqlite_where=NEWEST_ALERTS,
        postgresql_where=NEWEST_ALERTS,
    )
    op.create_index(op.f("ix_alert_records_created_at"), "alert_records", ["created_at"])


def _create_evaluations() -> None:
    op.create_table(
        "alert_evaluations",
        sa.Column("rule_id", _text(36), nullable=False),
        sa.Column("column", _text(), nullable=False),
        sa.Column("bin_start", sa.DateTime(timezone=True), nullable=False),
        sa.Column("model_id", _text(36), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("state", _text(16), nullable=False),
        sa.Column("reason", _text(64), nullable=True),
        sa.Column("value", sa.Double(), nullable=True),
        sa.Column("baseline_value", sa.Double(), nullable=True),
        sa.Column("data_revision", _text(64), nullable=False),
        sa.Column("judged_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("rule_id", "column", "bin_start", name=op.f("pk_alert_evaluations")),
    )
    op.create_index(op.f("ix_alert_evaluations_rule_id"), "alert_evaluations", ["rule_id", "bin_start"])
    op.create_index(op.f("ix_alert_evaluations_judged_at"), "alert_evaluations", ["judged_at"])


def _text(length: int | None = None) -> sa.String:
    """Return the type of a text that every database orders by code point."""
    type = sa.String if length else sa.Text
    return type(length).with_variant(type(length, collation="C"), "postgresql")
