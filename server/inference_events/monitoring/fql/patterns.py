"""Regular expressions of definitions: RE2, checked with DuckDB's own copy of it."""

from functools import lru_cache

import duckdb

MAX_PATTERN = 1_000
# RE2 limits the size of a compiled pattern to 8 MiB. This many copies must fit, so that no pattern slows each row down.
_COPIES = 20


@lru_cache(maxsize=1_000)
def pattern_fault(pattern: str) -> str | None:
    """Return what is wrong with a pattern, if anything. No part of the pattern is in it."""
    if len(pattern) > MAX_PATTERN:
        return f"the pattern has more than {MAX_PATTERN:,} characters"
    with duckdb.connect(":memory:", config={"threads": 1}) as connection:
        if not _compiles(connection, pattern):
            return "the pattern is no RE2 regular expression"
        if not _compiles(connection, f"(?:{pattern})" * _COPIES):
            return "the pattern is too large"
    return None


def _compiles(connection: duckdb.DuckDBPyConnection, pattern: str) -> bool:
    try:
        connection.execute("SELECT regexp_matches('', ?)", [pattern])
    except duckdb.Error:
        return False
    return True
