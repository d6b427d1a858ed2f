"""The version of the events file's format, which is stored in the file. A file without one has format 0.

Raise FORMAT with every change of the tables that an older program cannot read or write, and add it to `migration`.
"""

import duckdb

from inference_events.events.store_errors import StoreOutdated, StoreTooNew
from inference_events.stores.duckdb.sql import SYSTEM_TABLES, number

FORMAT = 3


def open_format(db: duckdb.DuckDBPyConnection) -> None:
    """Create the tables of a new file. Raises StoreTooNew, and StoreOutdated if the file must be migrated first."""
    version = stored_format(db)
    if version is None:
        db.begin()
        db.execute(SYSTEM_TABLES)
        set_format(db)
        db.commit()
    elif version > FORMAT:
        raise StoreTooNew(version, FORMAT)
    elif version < FORMAT:
        raise StoreOutdated(version, FORMAT)


def stored_format(db: duckdb.DuckDBPyConnection) -> int | None:
    """Return the version of a file's format, None if the file is empty."""
    tables = {name for (name,) in db.execute("SELECT table_name FROM duckdb_tables()").fetchall()}
    if not tables:
        return None
    return number(db, "SELECT max(version) FROM format") if "format" in tables else 0


def set_format(db: duckdb.DuckDBPyConnection) -> None:
    """Store the current format's version in the file."""
    db.execute("CREATE TABLE IF NOT EXISTS format (version BIGINT)")
    db.execute("DELETE FROM format")
    db.execute("INSERT INTO format VALUES (?)", [FORMAT])
