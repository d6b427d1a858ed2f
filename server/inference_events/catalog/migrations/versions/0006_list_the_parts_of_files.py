"""Make a file a list of parts, each an object of the file store. A file of an older version is one part."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_files = sa.table(
    "files",
    *(sa.column(name, sa.String) for name in ("id", "status", "path", "sha256")),
    sa.column("size", sa.BigInteger),
)
_parts = sa.table(
    "file_parts",
    *(sa.column(name, sa.String) for name in ("key", "file_id", "sha256")),
    sa.column("number", sa.Integer),
    sa.column("size", sa.BigInteger),
)


def upgrade() -> None:
    op.create_table(
        "file_parts",
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("file_id", sa.String(36), nullable=True),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.ForeignKeyConstraint(["file_id"], ["files.id"], name=op.f("fk_file_parts_file_id_files")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_file_parts")),
        sa.UniqueConstraint("file_id", "number", name=op.f("uq_file_parts_file_id_number")),
    )
    # The content of a file was kept under its id.
    wholes = sa.select(_files.c.id, _files.c.id, sa.literal(1), _files.c.size, _files.c.sha256)
    names = ["key", "file_id", "number", "size", "sha256"]
    op.execute(_parts.insert().from_select(names, wholes.where(_files.c.path != "")))
    op.drop_column("files", "path")
    op.drop_column("files", "sha256")


def downgrade() -> None:
    op.add_column("files", sa.Column("path", sa.Text(), nullable=False, server_default=""))
    op.add_column("files", sa.Column("sha256", sa.String(64), nullable=False, server_default=""))
    # An older version finds a file under its id only.
    sha256 = sa.select(_parts.c.sha256).where(_parts.c.key == _files.c.id).scalar_subquery()
    is_whole = _files.c.id.in_(sa.select(_parts.c.key))
    op.execute(_files.update().where(is_whole).values(path=sa.literal("files/").concat(_files.c.id), sha256=sha256))
    op.execute(_files.update().where(~is_whole).values(status="REMOVED"))
    op.drop_table("file_parts")
