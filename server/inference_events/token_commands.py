"""The commands that manage the tokens of a running server, through its API.

Each command imports the API's client when it runs: the import takes a tenth of the server's start.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from inference_events.settings import ENV_PREFIX, Settings

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


DEFAULT_URL = "http://127.0.0.1:8000"
DEFAULT_DATA_DIR: Path = Settings.model_fields["data_dir"].default


class Scope(StrEnum):
    """The scopes of a token."""

    INGEST = "ingest"
    MANAGE = "manage"
    READ = "read"
    ADMIN = "admin"


Url = Annotated[str, typer.Option(envvar=f"{ENV_PREFIX}URL", help="Where the server is.")]
Secret = Annotated[
    str,
    typer.Option("--token", envvar=f"{ENV_PREFIX}TOKEN", help="Admin token; without one, the data directory's."),
]
DataDir = Annotated[Path, typer.Option(envvar=f"{ENV_PREFIX}DATA_DIR", help="The server's data directory.")]
TokenId = Annotated[UUID, typer.Argument(help="The token's id, as `token list` shows it.")]

token = typer.Typer(
    help="Manage the tokens of a running server. Needs an admin token.", no_args_is_help=True, rich_markup_mode=None
)


@token.command("create")
def create(
    name: Annotated[str, typer.Argument(help="What the token is for.")],
    scope: Annotated[list[Scope], typer.Option(help="May be given several times.")],
    project: Annotated[
        list[str] | None,
        typer.Option(
            metavar="UUID_OR_NAME",
            help="Limit the token to a project. May be given several times.",
            show_default="all projects",
        ),
    ] = None,
    expires_at: Annotated[datetime | None, typer.Option(help="When the token ends, in UTC.")] = None,
    url: Url = DEFAULT_URL,
    secret: Secret = "",
    data_dir: DataDir = DEFAULT_DATA_DIR,
    database_url: Annotated[
        str,
        typer.Option(
            envvar=f"{ENV_PREFIX}DATABASE_URL",
            help="Create the token in the database of replicas, without one of them. Other users can read flags, "
            "so a URL with a password belongs in the variable.",
            show_default=False,
        ),
    ] = "",
) -> None:
    """Create a token and print its secret, which is shown only once."""
    end = None if expires_at is None else expires_at.replace(tzinfo=UTC)
    if database_url and not secret:
        _create_in_database(database_url, name, scope, project or [], end)
        return
    from inference_events import token_calls as calls

    made = calls.create(calls.Server(url, secret, data_dir), name, scope, project or [], end)
    _show(made.id, made.token)


@token.command("list")
def list_(url: Url = DEFAULT_URL, secret: Secret = "", data_dir: DataDir = DEFAULT_DATA_DIR) -> None:
    """List the tokens that are neither revoked nor expired."""
    from inference_events import token_calls as calls

    for line in calls.lines(calls.Server(url, secret, data_dir)):
        typer.echo(line)


@token.command()
def revoke(
    token_id: TokenId, url: Url = DEFAULT_URL, secret: Secret = "", data_dir: DataDir = DEFAULT_DATA_DIR
) -> None:
    """Revoke a token. It stops working at once."""
    from inference_events import token_calls as calls

    typer.echo(f"Revoked {calls.revoke(calls.Server(url, secret, data_dir), token_id)}")


@token.command()
def rotate(
    token_id: TokenId,
    overlap_seconds: Annotated[int, typer.Option(min=0, help="How long the old token stays valid.")] = 86_400,
    url: Url = DEFAULT_URL,
    secret: Secret = "",
    data_dir: DataDir = DEFAULT_DATA_DIR,
) -> None:
    """Replace a token by a new one and print the new secret, which is shown only once."""
    from inference_events import token_calls as calls

    made = calls.rotate(calls.Server(url, secret, data_dir), token_id, overlap_seconds)
    _show(made.id, made.token)


def _show(token_id: UUID | str, secret: str) -> None:
    typer.echo(f"Token {token_id}", err=True)
    typer.echo(secret)


def _create_in_database(
    url: str, name: str, scopes: Sequence[str], projects: Sequence[str], end: datetime | None
) -> None:
    from inference_events.catalog import Catalog, tokens
    from inference_events.catalog.errors import CatalogError
    from inference_events.errors import ApiError

    try:
        catalog = Catalog(url)
    except CatalogError as error:
        raise failure(str(error)) from None

    def make(session: "Session") -> tuple[str, str]:
        tokens.check_new(session, scopes, end, projects)
        row, made = tokens.create(session, name, scopes, end, project_ids=projects)
        return row.id, made

    try:
        token_id, made = catalog.write(make)
    except ApiError as error:
        raise failure(error.message) from None
    finally:
        catalog.close()
    _show(token_id, made)


def failure(message: str) -> typer.Exit:
    """Print why a command fails, and return the exception that ends it."""
    typer.echo(message, err=True)
    return typer.Exit(1)
