"""Opening a data directory's catalog, with all that a first start must leave in it."""

from collections.abc import Callable
from pathlib import Path

from alembic.util import CommandError
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from inference_events.catalog import organizations, tokens
from inference_events.catalog.database import Catalog, sqlite_url
from inference_events.context import ADMIN
from inference_events.data_directory import (
    DataDirectory,
    DataDirectoryDamaged,
    DataDirectoryTooNew,
    DataDirectoryTooOld,
    read_private,
    write_private,
)
from inference_events.settings import Settings


def open_catalog(settings: Settings, directory: DataDirectory) -> tuple[Catalog, str | None]:
    """Open and prepare the catalog. Returns it, and what `prepare_catalog` returns. Raises a DataDirectoryError."""
    catalog = checked_catalog(directory.catalog_file)
    return catalog, prepare_catalog(catalog, settings, directory)


def prepare_catalog(catalog: Catalog, settings: Settings, directory: DataDirectory) -> str | None:
    """Leave in the catalog what a server needs. Returns the admin token's secret if one had to be made.

    At the end there is an admin token: the preset one, one made earlier, or a new one, which is also left in
    the data directory's `admin-token` file. A preset that changed takes the place of the one before.
    Raises DataDirectoryDamaged.
    """
    preset = settings.admin_token.get_secret_value()

    def prepare(session: Session) -> str | None:
        organizations.ensure(session, settings.organization)
        directory.settle_admin_token(lambda secret: tokens.is_known(session, secret))
        tokens.replace_preset(session, preset)
        return None if tokens.has_admin(session) else _make_admin(session, directory)

    try:
        return catalog.write(prepare)
    except DatabaseError as error:
        raise DataDirectoryDamaged(directory.catalog_file, error.orig) from error


def checked_catalog(file: Path, on_write_error: Callable[[BaseException], object] = lambda _: None) -> Catalog:
    """Open a catalog, bring its schema up to date and look through it. Raises a DataDirectoryError."""
    try:
        catalog = Catalog(sqlite_url(file), on_write_error)
        catalog.check()
        missing = catalog.missing()
    except CommandError as error:
        raise DataDirectoryTooNew(file, str(error)) from error
    except DatabaseError as error:
        raise DataDirectoryDamaged(file, error.orig) from error
    if missing:
        catalog.close()
        raise DataDirectoryTooOld(file, f"it lacks {', '.join(missing)}")
    return catalog


def _make_admin(session: Session, directory: DataDirectory) -> str:
    # The file comes first: a crash before the commit leaves a secret that the next start takes up.
    secret = _left_behind(session, directory) or tokens.new_secret()
    write_private(directory.admin_token_file, f"{secret}\n")
    tokens.create(session, "admin", [ADMIN], secret=secret)
    return secret


def _left_behind(session: Session, directory: DataDirectory) -> str | None:
    if not directory.admin_token_file.exists():
        return None
    secret = read_private(directory.admin_token_file).strip()
    return None if not secret or tokens.is_known(session, secret) else secret
