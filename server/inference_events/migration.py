"""Convert a data directory of an older version to the current formats.

The catalog migrates itself when it is opened (Alembic), each revision in a transaction. The events file is migrated
after it, because its conversion depends on the models. That is one transaction, too: after a crash the next start finds
it done or repeats it.
"""

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import duckdb
import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from inference_events.catalog import Catalog, jobs
from inference_events.catalog.bootstrap import checked_catalog
from inference_events.catalog.schema import needs_upgrade
from inference_events.catalog.tables import Model
from inference_events.data_directory import (
    DataDirectory,
    DataDirectoryDamaged,
    DataDirectoryMissing,
    DataDirectoryTooNew,
    DataDirectoryTooOld,
    unowned,
)
from inference_events.events.observer import StoreObserver
from inference_events.events.store_errors import StoreOutdated, StoreTooNew, StoreTooOld, StoreUnreadable
from inference_events.models.registry import to_model_schema
from inference_events.stores.duckdb import DuckDBEventStore
from inference_events.stores.duckdb.epochs import OpenJob
from inference_events.stores.duckdb.migration import Migration, ModelFacts, migrate, plan_migration

T = TypeVar("T")

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class DirectoryMigration:
    """Result of a migration: of the events, None if nothing changed, and the number of tokens given scope manage."""

    events: Migration | None
    tokens_given_manage: int


def open_store(
    directory: DataDirectory,
    catalog: Catalog,
    checkpoint_bytes: int,
    observer: StoreObserver | None = None,
    max_columns: int | None = None,
) -> DuckDBEventStore:
    """Open the event store, after a migration if it needs one. Raises a DataDirectoryError."""

    def opened(events: Path) -> DuckDBEventStore:
        return DuckDBEventStore(events, checkpoint_bytes=checkpoint_bytes, observer=observer, max_columns=max_columns)

    try:
        return on_events(directory.events_file, opened)
    except StoreOutdated:
        migration = _migrate_events(directory, catalog)
        if migration is not None:
            log.info("events_migrated", **vars(migration))
        return on_events(directory.events_file, opened)


def check_directory(directory: DataDirectory) -> None:
    """Refuse a directory that cannot be migrated before anything in it changes. Raises a DataDirectoryError."""
    if needs_upgrade(directory.catalog_file):
        _plan(directory.path)


def migrate_directory(path: Path) -> DirectoryMigration | None:
    """Migrate a data directory as a start of the server would. Return the changes, None if there were none.

    Raises a DataDirectoryError.
    """
    _check_is_there(path)
    directory = DataDirectory(path)
    try:
        check_directory(directory)
        catalog = checked_catalog(directory.catalog_file)
        try:
            return _report(catalog, _migrate_events(directory, catalog))
        finally:
            catalog.close()
    finally:
        directory.close()


def plan_directory(path: Path) -> DirectoryMigration | None:
    """Return the changes that `migrate_directory` would make, and make none. Raises a DataDirectoryError."""
    _check_is_there(path)
    with unowned(path):
        return _plan(path)


def _plan(path: Path) -> DirectoryMigration | None:
    with tempfile.TemporaryDirectory() as elsewhere:
        # Opening a catalog migrates it.
        for file in path.glob("catalog.sqlite*"):
            shutil.copy(file, elsewhere)
        catalog = checked_catalog(Path(elsewhere) / "catalog.sqlite")
        try:
            facts = catalog.read(_facts)
        finally:
            catalog.close()
        return _report(catalog, _if_there(path / "events.duckdb", lambda events: plan_migration(events, facts)))


def _report(catalog: Catalog, events: Migration | None) -> DirectoryMigration | None:
    tokens = catalog.migrated.get("tokens_given_manage", 0)
    return DirectoryMigration(events, tokens) if events or tokens else None


def _migrate_events(directory: DataDirectory, catalog: Catalog) -> Migration | None:
    facts, unfinished = catalog.read(_facts), catalog.read(_unfinished)
    return _if_there(directory.events_file, lambda events: migrate(events, facts, unfinished))


def _if_there(events: Path, act: Callable[[Path], Migration | None]) -> Migration | None:
    return on_events(events, act) if events.exists() else None


def on_events(events: Path, act: Callable[[Path], T]) -> T:
    """Return the result of `act` for the events file. Raises a DataDirectoryError if the file cannot be used."""
    try:
        return act(events)
    except (StoreUnreadable, duckdb.Error) as error:
        raise DataDirectoryDamaged(events, error) from error
    except StoreTooNew as error:
        raise DataDirectoryTooNew(
            events, "its format is {}, and {} is the newest known here".format(*error.args)
        ) from None
    except StoreTooOld as error:
        raise DataDirectoryTooOld(events, *error.args) from None


def _facts(session: Session) -> dict[str, ModelFacts]:
    schemas = map(to_model_schema, session.scalars(select(Model)))
    return {each.model_id: ModelFacts(each.targets, each.has_numeric_ids) for each in schemas}


def _unfinished(session: Session) -> list[OpenJob]:
    return [OpenJob(job.id, job.model_id, job.epoch) for job in jobs.unfinished(session) if job.model_id]


def _check_is_there(path: Path) -> None:
    if not (path / "catalog.sqlite").is_file():
        raise DataDirectoryMissing(path)
