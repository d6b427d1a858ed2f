"""The commands that manage the tokens of a running server, through its API."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated, Any, TypeVar
from uuid import UUID

import httpx
import typer

from inference_events.client import AuthenticatedClient
from inference_events.client.api.projects import list_projects
from inference_events.client.api.tokens import create_token, list_tokens, revoke_token, rotate_token
from inference_events.client.models import ErrorEnvelope, Token, TokenCreate, TokenRotate
from inference_events.client.models.token_scope import check_token_scope
from inference_events.client.types import Response
from inference_events.data_directory import admin_token_file
from inference_events.settings import ENV_PREFIX, Settings

T = TypeVar("T")
Call = Callable[..., Response[ErrorEnvelope | T]]

_PAGE = 1000
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
) -> None:
    """Create a token and print its secret, which is shown only once."""
    server = _Server(url, secret, data_dir)
    end = None if expires_at is None else expires_at.replace(tzinfo=UTC)
    body = TokenCreate(
        name=name,
        scopes=[check_token_scope(one) for one in scope],
        project_ids=[_project_id(server, one) for one in project] if project else None,
        expires_at=end,
    )
    created = server.ask(partial(create_token.sync_detailed, body=body))
    typer.echo(f"Token {created.data.id}", err=True)
    typer.echo(created.data.token)


@token.command("list")
def list_(url: Url = DEFAULT_URL, secret: Secret = "", data_dir: DataDir = DEFAULT_DATA_DIR) -> None:
    """List the tokens that are neither revoked nor expired."""
    server = _Server(url, secret, data_dir)
    tokens: list[Token] = list(_all(server, list_tokens.sync_detailed))
    is_limited = any(row.project_ids for row in tokens)
    names = {one.id: one.name for one in _all(server, list_projects.sync_detailed)} if is_limited else {}
    for row in tokens:
        typer.echo(_line(row, names))


@token.command()
def revoke(
    token_id: TokenId, url: Url = DEFAULT_URL, secret: Secret = "", data_dir: DataDir = DEFAULT_DATA_DIR
) -> None:
    """Revoke a token. It stops working at once."""
    revoked = _Server(url, secret, data_dir).ask(partial(revoke_token.sync_detailed, token_id))
    typer.echo(f"Revoked {revoked.data.name}")


@token.command()
def rotate(
    token_id: TokenId,
    overlap_seconds: Annotated[int, typer.Option(min=0, help="How long the old token stays valid.")] = 86_400,
    url: Url = DEFAULT_URL,
    secret: Secret = "",
    data_dir: DataDir = DEFAULT_DATA_DIR,
) -> None:
    """Replace a token by a new one and print the new secret, which is shown only once."""
    body = TokenRotate(overlap_seconds=overlap_seconds)
    rotated = _Server(url, secret, data_dir).ask(partial(rotate_token.sync_detailed, token_id, body=body))
    typer.echo(f"Token {rotated.data.id}", err=True)
    typer.echo(rotated.data.token)


@dataclass(frozen=True)
class _Server:
    """Hold the URL of a server and the admin token to use; without one, that of the data directory."""

    url: str
    secret: str
    data_dir: Path

    def ask(self, call: Call[T]) -> T:
        """Call an operation of the server. Ends the command if it fails."""
        try:
            with AuthenticatedClient(base_url=self.url, token=self.secret or _kept_secret(self.data_dir)) as client:
                response = call(client=client)
        except httpx.HTTPError as error:
            raise failure(_unreachable(self.url, error)) from None
        if isinstance(response.parsed, ErrorEnvelope):
            raise failure(f"{response.parsed.error.message} ({response.parsed.error.code})")
        if response.parsed is None:
            raise failure(f"{self.url} responded with {response.status_code.value}, which this server never does")
        return response.parsed


def _unreachable(url: str, error: httpx.HTTPError) -> str:
    if "CERTIFICATE_VERIFY_FAILED" in str(error):
        return f"The certificate of {url} is not trusted: name the file of its authority in SSL_CERT_FILE"
    return (
        f"No response from {url}: is the server running there, and does the URL begin with http:// or https://, "
        "as the server says?"
    )


def _kept_secret(data_dir: Path) -> str:
    kept = admin_token_file(data_dir)
    if not kept.is_file():
        raise failure(f"Give an admin token with --token or {ENV_PREFIX}TOKEN: there is none at {kept}")
    return kept.read_text().strip()


def _all(server: _Server, read: Call[Any]) -> Iterator[Any]:
    """Yield the items of all pages of a list."""
    count, total = 0, 1
    while count < total:
        page = server.ask(partial(read, limit=_PAGE, offset=count)).data
        yield from page.items
        count += len(page.items)
        total = page.total if page.items else 0


def _project_id(server: _Server, named: str) -> UUID:
    """Return the id of a project, given its id or name. Ends the command if there is none."""
    with suppress(ValueError):
        return UUID(named)
    rule = json.dumps({"field": "name", "operator": "equal", "value": named})
    found = server.ask(partial(list_projects.sync_detailed, filter_=rule)).data.items
    if not found:
        raise failure(f"There is no project named {named}")
    return found[0].id


def _line(row: Token, names: Mapping[UUID, str]) -> str:
    end = "never expires" if row.expires_at is None else f"expires {row.expires_at:%Y-%m-%d %H:%M} UTC"
    use = "never used" if row.last_used_at is None else f"used {row.last_used_at:%Y-%m-%d %H:%M} UTC"
    projects = ",".join(names.get(one, str(one)) for one in row.project_ids or ()) or "all projects"
    return f"{row.id}  {','.join(row.scopes):<18}  {projects:<18}  {end:<28}  {use:<25}  {row.name}"


def failure(message: str) -> typer.Exit:
    """Print why a command fails, and return the exception that ends it."""
    typer.echo(message, err=True)
    return typer.Exit(1)
