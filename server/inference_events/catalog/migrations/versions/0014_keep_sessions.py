"""Keep the sessions of browsers, and codes for one login."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sessions",
        sa.Column("hash", _text(64), nullable=False),
        sa.Column("token_id", _text(36), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["token_id"], ["tokens.id"], name=op.f("fk_sessions_token_id_tokens")),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_sessions")),
    )
    op.create_table(
        "session_codes",
        sa.Column("hash", _text(64), nullable=False),
        sa.Column("token_id", _text(36), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["token_id"], ["tokens.id"], name=op.f("fk_session_codes_token_id_tokens")),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_session_codes")),
    )


def downgrade() -> None:
    op.drop_table("session_codes")
    op.drop_table("sessions")


def _text(length: int) -> sa.String:
    """Return the type of a text that every database orders by code point."""
    return sa.String(length).with_variant(sa.String(length, collation="C"), "postgresql")
