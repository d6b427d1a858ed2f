"""Count the starts of jobs, and find unfinished jobs by index."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("jobs", sa.Column("starts", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("jobs", sa.Column("started_row", sa.BigInteger(), nullable=False, server_default="0"))
    # Left in place, SQLite would prefer it to the new ones.
    op.drop_index("ix_jobs_status_position", "jobs")
    op.create_index("ix_jobs_project_id_model_id", "jobs", ["project_id", "model_id"], unique=False)
    op.create_index(
        "ix_jobs_unfinished",
        "jobs",
        ["position", "created_at", "id"],
        unique=False,
        sqlite_where=sa.text("status IN ('PENDING', 'STARTED')"),
        postgresql_where=sa.text("status IN ('PENDING', 'STARTED')"),
    )


def downgrade() -> None:
    op.drop_index("ix_jobs_unfinished", "jobs")
    op.drop_index("ix_jobs_project_id_model_id", "jobs")
    op.create_index("ix_jobs_status_position", "jobs", ["status", "position"], unique=False)
    op.drop_column("jobs", "started_row")
    op.drop_column("jobs", "starts")
