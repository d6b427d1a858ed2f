"""The API calls of the commands, in a separate module because the commands that run a server need no client."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import httpx

from inference_events.client import AuthenticatedClient
from inference_events.client.api.projects import list_projects
from inference_events.client.api.sessions import create_session_code
from inference_events.client.api.tokens import create_token, list_tokens, revoke_token, rotate_token
from inference_events.client.models import ErrorEnvelope, Token, TokenCreate, TokenRotate, TokenSecret
from inference_events.client.models.token_scope import check_token_scope
from inference_events.client.types import Response
from inference_events.data_directory import admin_token_file
from inference_events.settings import ENV_PREFIX
from inference_events.token_commands import failure

T = TypeVar("T")
Call = Callable[..., Response[ErrorEnvelope | T]]

_PAGE = 1000


@dataclass(frozen=True)
class Server:
    """The URL of a server and the admin token to use; without one, the token in the data directory is used."""

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


def create(
    server: Server, name: str, scopes: Sequence[str], projects: Sequence[str], expires_at: datetime | None
) -> TokenSecret:
    """Create a token. Projects are given by their ids or names."""
    body = TokenCreate(
        name=name,
        scopes=[check_token_scope(one) for one in scopes],
        project_ids=[_project_id(server, one) for one in projects] if projects else None,
        expires_at=expires_at,
    )
    return server.ask(partial(create_token.sync_detailed, body=body)).data


def lines(server: Server) -> Iterator[str]:
    """Yield a line about each token that is neither revoked nor expired."""
    tokens: list[Token] = list(_all(server, list_tokens.sync_detailed))
    is_limited = any(row.project_ids for row in tokens)
    names = {one.id: one.name for one in _all(server, list_projects.sync_detailed)} if is_limited else {}
    for row in tokens:
        yield _line(row, names)


def revoke(server: Server, token_id: UUID) -> str:
    """Revoke a token and return its name."""
    return server.ask(partial(revoke_token.sync_detailed, token_id)).data.name


def rotate(server: Server, token_id: UUID, overlap_seconds: int) -> TokenSecret:
    """Replace a token by a new one."""
    body = TokenRotate(overlap_seconds=overlap_seconds)
    return server.ask(partial(rotate_token.sync_detailed, token_id, body=body)).data


def login_code(server: Server) -> str:
    """Make a code for one login to the console."""
    return server.ask(create_session_code.sync_detailed).data.code


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


def _all(server: Server, read: Call[Any]) -> Iterator[Any]:
    """Yield the items of all pages of a list."""
    count, total = 0, 1
    while count < total:
        page = server.ask(partial(read, limit=_PAGE, offset=count)).data
        yield from page.items
        count += len(page.items)
        total = page.total if page.items else 0


def _project_id(server: Server, named: str) -> UUID:
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
