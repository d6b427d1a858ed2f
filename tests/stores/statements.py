"""The rules by which the PostgreSQL store runs behind poolers and on distributed tables, for each of its statements."""

import re
from collections.abc import Iterable
from typing import Any

import psycopg
import pytest

from inference_events.stores.postgres import ddl

EVENTS = re.compile(r"\b(FROM|INTO|UPDATE|JOIN) events\b")
# What only the start of the program may do, and what no transaction may leave behind in its session.
DEFINITIONS = re.compile(r"^\s*(CREATE|ALTER|DROP|TRUNCATE)\b")
SESSION = re.compile(
    r"(^|;)\s*SET (?!LOCAL)|pg_advisory_lock|pg_try_advisory_lock|\b(LISTEN|PREPARE|LOAD|DISCARD)\b"
    r"|set_config|WITH HOLD|ON COMMIT (PRESERVE|DELETE)"
)
NEVER = re.compile(r"\bxmax\b|RETURNING (old|new)\b|nextval|currval|TRIGGER|REFERENCES", re.IGNORECASE)
LOCKS = re.compile(r"\bFOR (UPDATE|SHARE|NO KEY UPDATE|KEY SHARE)\b")
SORTED_OR_ONE = re.compile(r"ORDER BY .*FOR UPDATE|WHERE job_id = %s FOR", re.DOTALL)
OWN_CLOCK = re.compile(r"\b(now\(\)|CURRENT_TIMESTAMP|localtime)", re.IGNORECASE)
OF_THE_TRANSACTION = re.compile(r"^\s*(CREATE TEMPORARY TABLE .*ON COMMIT DROP|DROP TABLE changed_events)")


def recorded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list of the statements that are sent from now on."""
    sent: list[str] = []

    def record(name: str) -> None:
        original = getattr(psycopg.Cursor, name)

        def recording(self: Any, query: Any, *arguments: Any, **more: Any) -> Any:
            text = query.decode() if isinstance(query, bytes) else query
            sent.append(text if isinstance(text, str) else text.as_string(None))
            return original(self, query, *arguments, **more)

        monkeypatch.setattr(psycopg.Cursor, name, recording)

    for name in ("execute", "executemany", "copy"):
        record(name)
    return sent


def is_of_a_start(statement: str) -> bool:
    """Return whether a statement looks for the tables or creates them."""
    return statement == ddl.TABLES or "store_schema_version" in statement


def are_about_events(statements: Iterable[str]) -> set[str]:
    """Return those that read or write events."""
    return {statement for statement in statements if EVENTS.search(statement)}


def assert_rules(statements: Iterable[str]) -> None:
    """What is said of events names one environment, locks come in order, and nothing stays in a session."""
    for statement in dict.fromkeys(statements):
        if EVENTS.search(statement):
            assert re.search(r"\benvironment = %s", statement), statement
        if LOCKS.search(statement):
            assert SORTED_OR_ONE.search(statement), statement
        if "ON CONFLICT" in statement and "SELECT" in statement:
            assert "ORDER BY" in statement, statement
        for forbidden in (SESSION, NEVER, OWN_CLOCK):
            assert not forbidden.search(statement), statement
        if DEFINITIONS.search(statement):
            assert OF_THE_TRANSACTION.search(statement), statement
