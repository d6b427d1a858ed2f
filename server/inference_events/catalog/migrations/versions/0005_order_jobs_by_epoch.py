"""Order the jobs of a model by epoch, and all jobs by their time."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

UNFINISHED = sa.text("status IN ('PENDING', 'STARTED')")


def upgrade() -> None:
    op.drop_index("ix_jobs_unfinished", "jobs")
    op.alter_column("jobs", "position", new_column_name="epoch")
    _create_index("ix_jobs_unfinished", ["created_at", "id"])
    _create_index("ix_jobs_unfinished_of_model", ["model_id", "epoch"])


def downgrade() -> None:
    op.drop_index("ix_jobs_unfinished_of_model", "jobs")
    op.drop_index("ix_jobs_unfinished", "jobs")
    op.alter_column("jobs", "epoch", new_column_name="position")
    _create_index("ix_jobs_unfinished", ["position", "created_at", "id"])


def _create_index(name: str, columns: list[str]) -> None:
    op.create_index(name, "jobs", columns, unique=False, sqlite_where=UNFINISHED, postgresql_where=UNFINISHED)
