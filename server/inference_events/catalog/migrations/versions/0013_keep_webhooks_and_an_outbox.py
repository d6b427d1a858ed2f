"""Keep webhooks, the outbox of messages, and the leases of work that one process does at a time."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

UNDELIVERED = sa.text("state IN ('pending', 'sending')")


def upgrade() -> None:
    op.create_table(
        "webhooks",
        sa.Column("id", _text(36), nullable=False),
        sa.Column("name", _text(127), nullable=False),
        sa.Column("folded_name", _text(), nullable=False, server_default=""),
        sa.Column("url", _text(), nullable=False),
        sa.Column("masked_url", _text(), nullable=False),
        sa.Column("provider", _text(16), nullable=False),
        sa.Column("secret", _text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhooks")),
        sa.UniqueConstraint("name", name=op.f("uq_webhooks_name")),
    )
    op.create_table(
        "outbox",
        sa.Column("id", _text(36), nullable=False),
        sa.Column("key", _text(64), nullable=False),
        sa.Column("group_key", _text(64), nullable=False),
        sa.Column("batch_id", _text(36), nullable=True),
        sa.Column("model_id", _text(36), nullable=False),
        sa.Column("alert_rule_id", _text(36), nullable=False),
        sa.Column("alert_record_id", _text(36), nullable=False),
        sa.Column("channel", _text(16), nullable=False),
        sa.Column("destination", _text(320), nullable=False),
        sa.Column("severity", _text(16), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("state", _text(16), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("error", _text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("key", name=op.f("uq_outbox_key")),
    )
    op.create_index(
        "ix_outbox_undelivered", "outbox", ["due_at"], sqlite_where=UNDELIVERED, postgresql_where=UNDELIVERED
    )
    for column in ("model_id", "batch_id", "ended_at"):
        op.create_index(f"ix_outbox_{column}", "outbox", [column])
    op.create_table(
        "work_leases",
        sa.Column("name", _text(64), nullable=False),
        sa.Column("owner", _text(36), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("fence", sa.BigInteger(), nullable=False, server_default="0"),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_work_leases")),
    )


def downgrade() -> None:
    for table in ("work_leases", "outbox", "webhooks"):
        op.drop_table(table)


def _text(length: int | None = None) -> sa.String:
    """Return the type of a text that every database orders by code point."""
    type = sa.String if length else sa.Text
    return type(length).with_variant(type(length, collation="C"), "postgresql")
