"""Give jobs an owner, a lease and a fence. A job that an older version left STARTED has no lease."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

LEASED = sa.text("lease_until IS NOT NULL")


def upgrade() -> None:
    op.add_column("jobs", sa.Column("owner", sa.String(36), nullable=True))
    op.add_column("jobs", sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True))
    op.add_column("jobs", sa.Column("fence", sa.BigInteger(), nullable=False, server_default="0"))
    op.create_index(
        "ix_jobs_lease_until", "jobs", ["lease_until"], unique=False, sqlite_where=LEASED, postgresql_where=LEASED
    )


def downgrade() -> None:
    op.drop_index("ix_jobs_lease_until", "jobs")
    op.drop_column("jobs", "fence")
    op.drop_column("jobs", "lease_until")
    op.drop_column("jobs", "owner")
