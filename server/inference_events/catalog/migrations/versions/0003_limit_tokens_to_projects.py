"""Limit tokens to projects, and let the tokens that publish also manage what they could manage until now."""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import context, op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_tokens = sa.table(
    "tokens",
    sa.column("id", sa.String),
    sa.column("scopes", sa.JSON),
    sa.column("expires_at", sa.DateTime(timezone=True)),
    sa.column("revoked_at", sa.DateTime(timezone=True)),
)


def upgrade() -> None:
    op.create_table(
        "token_projects",
        sa.Column("token_id", sa.String(length=36), nullable=False),
        sa.Column("project_id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(["token_id"], ["tokens.id"], name=op.f("fk_token_projects_token_id_tokens")),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_token_projects_project_id_projects")),
        sa.PrimaryKeyConstraint("token_id", "project_id", name=op.f("pk_token_projects")),
    )
    is_alive = sa.or_(_tokens.c.expires_at.is_(None), _tokens.c.expires_at > datetime.now(UTC))
    publishing = {
        token_id: scopes
        for token_id, scopes in _scopes(_tokens.c.revoked_at.is_(None) & is_alive).items()
        if "ingest" in scopes
    }
    _replace({token_id: [*scopes, "manage"] for token_id, scopes in publishing.items()})
    if publishing:
        context.config.attributes["changed"]["tokens_given_manage"] = len(publishing)


def downgrade() -> None:
    scopes_of = _scopes(sa.true())
    _replace({token_id: [one for one in scopes if one != "manage"] for token_id, scopes in scopes_of.items()})
    op.drop_table("token_projects")


def _scopes(which: sa.ColumnElement[bool]) -> dict[str, list[str]]:
    rows = op.get_bind().execute(sa.select(_tokens.c.id, _tokens.c.scopes).where(which))
    return {row.id: row.scopes for row in rows}


def _replace(scopes: dict[str, list[str]]) -> None:
    for token_id, new in scopes.items():
        op.get_bind().execute(sa.update(_tokens).where(_tokens.c.id == token_id).values(scopes=new))
