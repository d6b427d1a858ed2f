"""Find the jobs that use a file, and those that ended before a time, by index."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("jobs", sa.Column("file_id", sa.String(36), nullable=True))
    jobs = sa.table("jobs", sa.column("file_id", sa.String), sa.column("params", sa.JSON))
    op.execute(jobs.update().values(file_id=jobs.c.params["file_id"].as_string()))
    op.create_index("ix_jobs_file_id", "jobs", ["file_id"], unique=False)
    op.create_index("ix_jobs_completed_at", "jobs", ["completed_at"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_jobs_completed_at", "jobs")
    op.drop_index("ix_jobs_file_id", "jobs")
    op.drop_column("jobs", "file_id")
