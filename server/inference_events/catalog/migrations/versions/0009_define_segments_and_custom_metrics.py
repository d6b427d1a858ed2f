"""Keep segments and custom metrics."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

TABLES = ("segments", "custom_metrics")


def upgrade() -> None:
    for table in TABLES:
        op.create_table(
            table,
            sa.Column("id", _text(36), nullable=False),
            sa.Column("model_id", _text(36), nullable=False),
            sa.Column("name", _text(255), nullable=False),
            sa.Column("folded_name", _text(), nullable=False, server_default=""),
            sa.Column("definition", _text(), nullable=False),
            sa.Column("description", _text(), nullable=True),
            sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
            sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
            sa.Column("created_by_id", _text(36), nullable=False),
            sa.ForeignKeyConstraint(["model_id"], ["models.id"], name=op.f(f"fk_{table}_model_id_models")),
            sa.ForeignKeyConstraint(["created_by_id"], ["tokens.id"], name=op.f(f"fk_{table}_created_by_id_tokens")),
            sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
            sa.UniqueConstraint("model_id", "name", name=op.f(f"uq_{table}_model_id_name")),
        )


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)


def _text(length: int | None = None) -> sa.String:
    """Return the type of a text that every database orders by code point."""
    type = sa.String if length else sa.Text
    return type(length).with_variant(type(length, collation="C"), "postgresql")
