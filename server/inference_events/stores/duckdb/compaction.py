"""Replace an events file by a copy of itself without the space that deleted events left.

The copy is read back from disk, compared, and renamed over the events file. So a crash at any moment leaves the old
file or the new one. The old file's write-ahead log is merged first, so neither has one.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb

from inference_events.data_directory import sync_directory
from inference_events.events.store_errors import StoreError, StoreUnreadable
from inference_events.stores.duckdb.formats import open_format
from inference_events.stores.duckdb.sql import literal, number

# A copy takes a little less than the blocks in use: 0.93 of them with two million rows.
MARGIN = 1.1
LEAST_BYTES = 16 * 1024 * 1024
DEFINITIONS = """SELECT sql FROM duckdb_tables() UNION ALL SELECT sql FROM duckdb_indexes()
UNION ALL SELECT sql FROM duckdb_sequences()"""

# The definitions of a file, and the number of rows and a hash of each table.
Content = Mapping[str, Any]


class CopyDiffers(StoreError):
    """A copy that was read back from disk is not equal to its original."""


def used_bytes(path: Path) -> int:
    """Return the bytes of a file and its log."""
    return path.stat().st_size + _log_bytes(path)


def needed_bytes(path: Path) -> int:
    """Return the space that a copy needs at most."""
    with duckdb.connect(str(path), read_only=True) as db:
        used = number(db, "SELECT sum(used_blocks * block_size) FROM pragma_database_size()")
    return int((used + _log_bytes(path)) * MARGIN) + LEAST_BYTES


def merge_log(path: Path) -> None:
    """Merge the log of a file into it. Raises StoreTooNew, StoreOutdated, and StoreUnreadable if a log is left."""
    with duckdb.connect(str(path)) as db:
        open_format(db)
        db.execute("CHECKPOINT")
    if _log_of(path).exists():
        raise StoreUnreadable("its write-ahead log cannot be merged")


def compact(path: Path, draft: Path) -> int:
    """Replace a file that has no log by a copy made at `draft`. Return the number of rows.

    Raises CopyDiffers, and leaves the file, if the copy is not equal to it.
    """
    content = _content(path)
    _copy(path, draft)
    if _content(draft) != content or _log_of(draft).exists():
        raise CopyDiffers
    _replace(path, draft)
    return sum(rows for rows, _ in content["tables"].values())


def _copy(path: Path, draft: Path) -> None:
    with duckdb.connect(str(draft)) as db:
        [(name,)] = db.execute("SELECT current_database()").fetchall()
        db.execute(f"ATTACH {literal(str(path))} AS original (READ_ONLY)")
        db.execute(f'COPY FROM DATABASE original TO "{name}"')
        db.execute("CHECKPOINT")


def _content(path: Path) -> Content:
    with duckdb.connect(str(path), read_only=True) as db:
        definitions = sorted(sql for (sql,) in db.execute(DEFINITIONS).fetchall())
        tables = [name for (name,) in db.execute("SELECT table_name FROM duckdb_tables()").fetchall()]
        return {"definitions": definitions, "tables": {table: _count_and_hash(db, table) for table in tables}}


def _count_and_hash(db: duckdb.DuckDBPyConnection, table: str) -> tuple[int, int | None]:
    """Return the number of rows and the sum of their hashes, which does not depend on their order."""
    [found] = db.execute(f"SELECT count(*), sum(hash(whole_row)) FROM {table} whole_row").fetchall()
    return found


def _replace(path: Path, draft: Path) -> None:
    with draft.open("rb") as file:
        os.fsync(file.fileno())
    # A power cut must not bring back the old file's log next to the new file.
    sync_directory(path.parent)
    draft.replace(path)
    sync_directory(path.parent)


def _log_bytes(path: Path) -> int:
    log = _log_of(path)
    return log.stat().st_size if log.exists() else 0


def _log_of(path: Path) -> Path:
    return path.with_name(f"{path.name}.wal")
