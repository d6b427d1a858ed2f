"""Make the catalog alike on every database, and let replicas share it."""

from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

NAMED = ("tokens", "projects", "models", "environments", "baselines", "jobs")
FOLDED = {**dict.fromkeys(NAMED, "name"), "files": "filename"}
BATCH = 1000


def upgrade() -> None:
    for table, column in FOLDED.items():
        op.add_column(table, sa.Column(f"folded_{column}", sa.Text(), nullable=False, server_default=""))
        _fold(table, column)
    op.create_table(
        "catalog_version",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("schema_version", sa.String(32), nullable=False),
        sa.Column("oldest_program_version", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_catalog_version")),
    )
    op.execute("INSERT INTO catalog_version VALUES (1, 0, '', '')")
    if op.get_bind().dialect.name == "postgresql":
        _order_texts_by_code_point()


def downgrade() -> None:
    op.drop_table("catalog_version")
    for table, column in FOLDED.items():
        op.drop_column(table, f"folded_{column}")


def _fold(name: str, column: str) -> None:
    table = sa.table(name, sa.column("id"), sa.column(column), sa.column(f"folded_{column}"))
    found = op.get_bind().execute(sa.select(table.c.id, table.c[column])).all()
    change = (
        sa.update(table)
        .where(table.c.id == sa.bindparam("row_id"))
        .values({table.c[f"folded_{column}"]: sa.bindparam("folded")})
    )
    for start in range(0, len(found), BATCH):
        rows = [{"row_id": id, "folded": text.casefold()} for id, text in found[start : start + BATCH]]
        op.get_bind().execute(change, rows)


def _order_texts_by_code_point() -> None:
    """Give each text column of the schema the collation C. SQLite orders like that by itself."""
    for table, column, type in list(_text_columns()):
        op.execute(f'ALTER TABLE "{table}" ALTER COLUMN "{column}" TYPE {type} COLLATE "C"')


def _text_columns() -> Iterator[tuple[str, str, str]]:
    inspector = sa.inspect(op.get_bind())
    for table in inspector.get_table_names():
        for column in inspector.get_columns(table) if table != "alembic_version" else ():
            if isinstance(column["type"], sa.String):
                yield table, column["name"], column["type"].compile(op.get_bind().dialect)
