"""Upgrade a catalog's schema, and check which programs may use it.

A migration only adds to the schema, so that programs of the previous release still work. The next release removes what
is no longer needed. So a program may find a schema that is newer than itself. It starts if it is not older than the
`oldest_program_version` that the migration stored in the database.
"""

import re
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, inspect, select, update
from sqlalchemy.exc import DatabaseError

from inference_events import __version__
from inference_events.catalog.errors import ProgramTooOld
from inference_events.catalog.tables import CatalogVersion, Table

# The oldest version of the program that works with the newest schema.
OLDEST_PROGRAM_VERSION = "0.1.0"
_NUMBER = re.compile(r"\d+")
_MIGRATIONS = Path(__file__).parent / "migrations"


def upgrade(connection: Connection, program_version: str = __version__) -> Mapping[str, int]:
    """Upgrade the schema to the newest revision, unless a newer program has upgraded it further.

    Return the numbers of changed rows by the name of the change. Raises ProgramTooOld.
    """
    config = _alembic()
    revision = MigrationContext.configure(connection).get_current_revision()
    if revision is not None and not _is_known(config, revision):
        _check_program(connection, revision, program_version)
        return {}
    changed: dict[str, int] = {}
    config.attributes["changed"] = changed
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    _note_versions(connection, config)
    return changed


def needs_upgrade(file: Path) -> bool:
    """Return whether opening a catalog in a SQLite file would change its schema."""
    try:
        with closing(sqlite3.connect(f"file:{quote(str(file))}?mode=rw", uri=True)) as connection:
            [(revision,)] = connection.execute("SELECT version_num FROM alembic_version").fetchall()
    except (sqlite3.Error, ValueError):
        return False  # The file is missing or damaged. Opening it reports that.
    return bool(revision != _newest(_alembic()))


def missing_columns(engine: Engine) -> list[str]:
    """Return the columns that the code needs and the database lacks, each with its table."""
    # A shared database has other tables, too, with column types that SQLAlchemy warns about.
    there = inspect(engine).get_multi_columns(filter_names=list(Table.metadata.tables))
    found = {(table, column["name"]) for (_, table), columns in there.items() for column in columns}
    expected = {(table.name, column.name) for table in Table.metadata.tables.values() for column in table.columns}
    return sorted(".".join(each) for each in expected - found)


def _alembic() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    return config


def _newest(config: Config) -> str | None:
    return ScriptDirectory.from_config(config).get_current_head()


def _is_known(config: Config, revision: str) -> bool:
    return any(script.revision == revision for script in ScriptDirectory.from_config(config).walk_revisions())


def _check_program(connection: Connection, revision: str, program_version: str) -> None:
    try:
        oldest = connection.scalar(select(CatalogVersion.oldest_program_version))
    except DatabaseError:
        oldest = None
    if oldest is None or _numbers(program_version) < _numbers(oldest):
        needed = f"version {oldest}" if oldest else "a newer version"
        raise ProgramTooOld(
            f"its schema is {revision}, and {_newest(_alembic())} is the newest known to version {program_version}; "
            f"it needs {needed} or later"
        )


def _numbers(version: str) -> tuple[int, ...]:
    """Return the numbers of a version. A pre-release counts as its release."""
    return tuple(map(int, _NUMBER.findall(version.partition("-")[0])))


def _note_versions(connection: Connection, config: Config) -> None:
    versions = {"schema_version": _newest(config), "oldest_program_version": OLDEST_PROGRAM_VERSION}
    connection.execute(update(CatalogVersion).values(versions))
