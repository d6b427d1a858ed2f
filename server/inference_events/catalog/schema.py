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

from sqlalchemy import Connection, Engine, inspect, select, text, update
from sqlalchemy.exc import DatabaseError

from inference_events import __version__
from inference_events.catalog.errors import ProgramTooOld
from inference_events.catalog.tables import CatalogVersion, Table

# The oldest version of the program that works with the newest schema.
OLDEST_PROGRAM_VERSION = "0.1.0"
_NUMBER = re.compile(r"\d+")
_MIGRATIONS = Path(__file__).parent / "migrations"
# The name of a migration's file begins with its revision.
_REVISIONS = sorted(path.name.partition("_")[0] for path in _MIGRATIONS.glob("versions/*_*.py"))
NEWEST_REVISION = _REVISIONS[-1]


def upgrade(connection: Connection, program_version: str = __version__) -> Mapping[str, int]:
    """Upgrade the schema to the newest revision, unless a newer program has upgraded it further.

    Return the numbers of changed rows by the name of the change. Raises ProgramTooOld.
    """
    revision = _revision(connection)
    if revision == NEWEST_REVISION:
        return {}
    if revision is not None and revision not in _REVISIONS:
        _check_program(connection, revision, program_version)
        return {}
    changed = _migrate(connection)
    versions = {"schema_version": NEWEST_REVISION, "oldest_program_version": OLDEST_PROGRAM_VERSION}
    connection.execute(update(CatalogVersion).values(versions))
    return changed


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    revision: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return revision


def _migrate(connection: Connection) -> dict[str, int]:
    # Imported here, because most starts find the newest schema.
    from alembic import command
    from alembic.config import Config

    changed: dict[str, int] = {}
    config = Config(attributes={"changed": changed, "connection": connection})
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    command.upgrade(config, "head")
    return changed


def needs_upgrade(file: Path) -> bool:
    """Return whether opening a catalog in a SQLite file would change its schema."""
    try:
        with closing(sqlite3.connect(f"file:{quote(str(file))}?mode=rw", uri=True)) as connection:
            [(revision,)] = connection.execute("SELECT version_num FROM alembic_version").fetchall()
    except (sqlite3.Error, ValueError):
        return False  # The file is missing or damaged. Opening it reports that.
    return bool(revision != NEWEST_REVISION)


def missing_columns(engine: Engine) -> list[str]:
    """Return the columns that the code needs and the database lacks, each with its table."""
    # A shared database has other tables, too, with column types that SQLAlchemy warns about.
    there = inspect(engine).get_multi_columns(filter_names=list(Table.metadata.tables))
    found = {(table, column["name"]) for (_, table), columns in there.items() for column in columns}
    expected = {(table.name, column.name) for table in Table.metadata.tables.values() for column in table.columns}
    return sorted(".".join(each) for each in expected - found)


def _check_program(connection: Connection, revision: str, program_version: str) -> None:
    try:
        oldest = connection.scalar(select(CatalogVersion.oldest_program_version))
    except DatabaseError:
        oldest = None
    if oldest is None or _numbers(program_version) < _numbers(oldest):
        needed = f"version {oldest}" if oldest else "a newer version"
        raise ProgramTooOld(
            f"its schema is {revision}, and {NEWEST_REVISION} is the newest known to version {program_version}; "
            f"it needs {needed} or later"
        )


def _numbers(version: str) -> tuple[int, ...]:
    """Return the numbers of a version. A pre-release counts as its release."""
    return tuple(map(int, _NUMBER.findall(version.partition("-")[0])))
