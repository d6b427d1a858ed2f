"""Keep the feature impacts that were uploaded with their models."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("models", sa.Column("feature_impact", sa.JSON(), nullable=True))


def downgrade() -> None:
    op.drop_column("models", "feature_impact")
