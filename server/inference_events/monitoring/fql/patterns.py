"""Regular expressions of definitions: RE2, checked with DuckDB's own copy of it."""

from functools import cache, lru_cache

import duckdb

MAX_PATTERN = 1_000
# RE2 limits the size of a compiled pattern to 8 MiB. This many copies must fit, so that no pattern slows each row down.
# A pattern of ten times this size takes 60 ms for a text of 1,000 characters, and DuckDB cannot stop within 2,048 rows.
_COPIES = 300


@lru_cache(maxsize=1_000)
def pattern_fault(pattern: str) -> str | None:
    """Return what is wrong with a pattern, if anything. No part of the pattern is in it."""
    if len(pattern) > MAX_PATTERN:
        return f"the pattern has more than {MAX_PATTERN:,} characters"
    if not _compiles(pattern):
        return "the pattern is no RE2 regular expression"
    return None if _compiles(f"(?:{pattern})" * _COPIES) else "the pattern is too large, or has \\Q without \\E"


def _compiles(pattern: str) -> bool:
    with _database().cursor() as cursor:
        try:
            cursor.execute("SELECT regexp_matches('', ?)", [pattern])
        except duckdb.Error:
            return False
    return True


@cache
def _database() -> duckdb.DuckDBPyConnection:
    return duckdb.connect(":memory:", config={"threads": 1})
