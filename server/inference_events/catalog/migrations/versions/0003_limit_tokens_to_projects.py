"""Limit tokens to projects, and let the tokens that publish also manage what they could manage until now."""

import sqlalchemy as sa
from alembic import context, op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_tokens = sa.table("tokens", sa.column("id", sa.String), sa.column("scopes", sa.JSON))


def upgrade() -> None:
    op.create_table(
        "token_projects",
        sa.Column("token_id", sa.String(length=36), nullable=False),
        sa.Column("project_id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(["token_id"], ["tokens.id"], name=op.f("fk_token_projects_token_id_tokens")),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_token_projects_project_id_projects")),
        sa.PrimaryKeyConstraint("token_id", "project_id", name=op.f("pk_token_projects")),
    )
    changed = [(token_id, [*scopes, "manage"]) for token_id, scopes in _all_scopes() if "ingest" in scopes]
    _replace(changed)
    if changed:
        context.config.attributes["changed"]["tokens_given_manage"] = len(changed)


def downgrade() -> None:
    without = [(token_id, [scope for scope in scopes if scope != "manage"]) for token_id, scopes in _all_scopes()]
    _replace(without)
    op.drop_table("token_projects")


def _all_scopes() -> list[tuple[str, list[str]]]:
    rows = op.get_bind().execute(sa.select(_tokens.c.id, _tokens.c.scopes))
    return [(token_id, scopes) for token_id, scopes in rows]


def _replace(scopes: list[tuple[str, list[str]]]) -> None:
    for token_id, new in scopes:
        op.get_bind().execute(sa.update(_tokens).where(_tokens.c.id == token_id).values(scopes=new))
