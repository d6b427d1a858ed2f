"""Keep the bins of alert rules that are to be judged, and the data revisions up to which they are known."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "alert_watermarks",
        sa.Column("rule_id", _id(), nullable=False),
        sa.Column("bin_start", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("rule_id", name=op.f("pk_alert_watermarks")),
    )
    op.create_table(
        "alert_due_bins",
        sa.Column("rule_id", _id(), nullable=False),
        sa.Column("bin_start", sa.DateTime(timezone=True), nullable=False),
        sa.Column("model_id", _id(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("rule_id", "bin_start", name=op.f("pk_alert_due_bins")),
    )
    op.create_index("ix_alert_due_bins_bin_start", "alert_due_bins", ["bin_start"])
    op.create_table(
        "alert_data_revisions",
        sa.Column("model_id", _id(), nullable=False),
        sa.Column("environment_id", _id(), nullable=False),
        sa.Column("changes", sa.BigInteger(), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("model_id", name=op.f("pk_alert_data_revisions")),
    )


def downgrade() -> None:
    for table in ("alert_data_revisions", "alert_due_bins", "alert_watermarks"):
        op.drop_table(table)


def _id() -> sa.String:
    """Return the type of an id, which every database orders by code point."""
    return sa.String(36).with_variant(sa.String(36, collation="C"), "postgresql")
