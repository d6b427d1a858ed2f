"""Open a catalog and create what a server needs in it."""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from pydantic import SecretStr
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from inference_events.catalog import organizations, tokens
from inference_events.catalog.concurrency import one_at_a_time
from inference_events.catalog.database import Catalog, sqlite_url
from inference_events.catalog.errors import ProgramTooOld, SchemaIncomplete
from inference_events.context import ADMIN
from inference_events.data_directory import (
    DataDirectory,
    DataDirectoryDamaged,
    DataDirectoryTooNew,
    DataDirectoryTooOld,
    read_private,
    write_private,
)


class StartSettings(Protocol):
    """The settings that a start stores in the catalog: the organization's name and the preset admin token, if any."""

    @property
    def organization(self) -> str: ...

    @property
    def admin_token(self) -> SecretStr: ...


def open_catalog(settings: StartSettings, directory: DataDirectory) -> tuple[Catalog, str | None]:
    """Open and prepare the catalog. Return it and the result of `prepare_catalog`. Raises a DataDirectoryError."""
    catalog = checked_catalog(directory.catalog_file)
    return catalog, prepare_catalog(catalog, settings, directory)


def prepare_catalog(catalog: Catalog, settings: StartSettings, directory: DataDirectory) -> str | None:
    """Create what a server needs in the catalog. Return the admin token's secret if one had to be made.

    Afterwards there is an admin token: the preset one, one made earlier, or a new one, which is also written to the
    data directory's `admin-token` file. A changed preset replaces the earlier one. Raises DataDirectoryDamaged.
    """

    def prepare(session: Session) -> str | None:
        directory.settle_admin_token(lambda secret: tokens.is_known(session, secret))
        _prepare(session, settings)
        return None if tokens.has_admin(session) else _make_admin(session, directory)

    try:
        return catalog.write(prepare)
    except DatabaseError as error:
        raise DataDirectoryDamaged(directory.catalog_file, error.orig) from error


def checked_catalog(file: Path, on_write_error: Callable[[BaseException], object] = lambda _: None) -> Catalog:
    """Open a catalog, upgrade its schema and check its structure. Raises a DataDirectoryError."""
    try:
        return _checked(sqlite_url(file), on_write_error)
    except ProgramTooOld as error:
        raise DataDirectoryTooNew(file, str(error)) from error
    except SchemaIncomplete as error:
        raise DataDirectoryTooOld(file, str(error)) from None
    except DatabaseError as error:
        raise DataDirectoryDamaged(file, error.orig) from error


def open_shared_catalog(
    url: str, settings: StartSettings, on_write_error: Callable[[BaseException], object] = lambda _: None
) -> Catalog:
    """Open and prepare the catalog in a PostgreSQL database. Several replicas may do so at the same time.

    Only a preset admin token is created. A start without a preset keeps that of the other replicas valid. Raises a
    CatalogError.
    """
    try:
        catalog = _checked(url, on_write_error)
    except (ProgramTooOld, SchemaIncomplete) as error:
        raise type(error)(f"The database does not fit this program: {error}") from None
    try:
        catalog.write(lambda session: _prepare(session, settings, keeps_preset=True))
    except BaseException:
        catalog.close()
        raise
    return catalog


def _checked(url: str, on_write_error: Callable[[BaseException], object]) -> Catalog:
    catalog = Catalog(url, on_write_error)
    try:
        catalog.check()
        missing = catalog.missing()
        if missing:
            raise SchemaIncomplete(f"it lacks {', '.join(missing)}")
    except BaseException:
        catalog.close()
        raise
    return catalog


def _prepare(session: Session, settings: StartSettings, *, keeps_preset: bool = False) -> None:
    """Store the organization and the preset admin token. Without a preset, revoke the last unless `keeps_preset`."""
    one_at_a_time(session, "start")
    organizations.ensure(session, settings.organization)
    preset = settings.admin_token.get_secret_value()
    if preset or not keeps_preset:
        tokens.replace_preset(session, preset)


def _make_admin(session: Session, directory: DataDirectory) -> str:
    # The file is written first: after a crash before the commit, the next start uses its secret.
    secret = _left_behind(session, directory) or tokens.new_secret()
    write_private(directory.admin_token_file, f"{secret}\n")
    tokens.create(session, "admin", [ADMIN], secret=secret)
    return secret


def _left_behind(session: Session, directory: DataDirectory) -> str | None:
    if not directory.admin_token_file.exists():
        return None
    secret = read_private(directory.admin_token_file).strip()
    return None if not secret or tokens.is_known(session, secret) else secret
