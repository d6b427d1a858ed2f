"""Keep concurrent writes of several replicas correct.

Check-then-act is safe in three ways: insert a row if it is missing (`insert_if_missing`), lock the row that was read
until the transaction ends (`find`), or run one transaction of a kind at a time (`one_at_a_time`). SQLite runs one write
at a time, so the locks do nothing there.
"""

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any, TypeAlias, TypeVar
from zlib import crc32

from sqlalchemy import Select, inspect, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from inference_events.catalog.tables import Table

RowT = TypeVar("RowT", bound=Table)
SelectedT = TypeVar("SelectedT")

# Set in `Session.info` of sessions that may write.
IS_WRITE = "is_write"
# Execution options of a statement that makes no cached result stale.
CHANGES_NO_RESULT = {"changes_no_result": True}
# The first of the two numbers of an advisory lock: its purpose.
_ONE_AT_A_TIME = 0x1E02
# The channel that notifies replicas of jobs that may be ready.
CHANNEL = "inference_events_jobs"
# Rows of one statement. SQLite and PostgreSQL bind at most 32,766 and 65,535 values.
_ROWS = 1000
Insertable: TypeAlias = Select[*tuple[Any, ...]] | Sequence[Mapping[str, Any]]
_INSERTS: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


class Lock(Enum):
    """What other transactions may not do with a row until this transaction ends.

    With `SHARED` they cannot change it. With `EXCLUSIVE` they cannot take a `SHARED` lock either. They can always read
    it and insert rows that refer to it.
    """

    NONE = 0
    SHARED = 1
    EXCLUSIVE = 2


def find(session: Session, table: type[RowT], id: str, lock: Lock = Lock.NONE) -> RowT | None:
    """Return a row by its id, None if there is none. With a lock, its newest state is returned.

    A read takes no lock, because it sees a snapshot anyway.
    """
    if lock is Lock.NONE or not session.info.get(IS_WRITE):
        return session.get(table, id)
    options = {"of": table, "read": lock is Lock.SHARED, "key_share": lock is Lock.EXCLUSIVE}
    return session.get(table, id, populate_existing=True, with_for_update=options)


def locked(rows: Select[SelectedT], table: type[Table], id: Any) -> Select[SelectedT]:
    """Select rows with an `EXCLUSIVE` lock, in the order of their ids, so that transactions cannot deadlock."""
    return rows.order_by(id).with_for_update(of=table, key_share=True)


def insert_if_missing(session: Session, row: Table, *unique: str) -> bool:
    """Insert a new row unless one has the same values in the columns `unique`. Return whether it was inserted.

    This waits for a transaction that inserts the same row. Read the row afterwards: `row` is not part of the session.
    """
    session.flush()
    table = type(row)
    values = {column.key: vars(row)[column.key] for column in inspect(table).columns if column.key in vars(row)}
    insert = _INSERTS[session.get_bind().dialect.name](table).values(values)
    inserted = insert.on_conflict_do_nothing(index_elements=unique).returning(*inspect(table).primary_key)
    return session.execute(inserted).first() is not None


def insert_missing(session: Session, rows: Insertable, table: type[Table], *unique: str) -> None:
    """Insert the rows that no row has the same values of the columns `unique` as.

    `rows` are values by column, some at a time, or a query with the columns to insert.
    """
    insert = _INSERTS[session.get_bind().dialect.name](table)
    if isinstance(rows, Select):
        names = [column["name"] for column in rows.column_descriptions]
        session.execute(insert.from_select(names, rows).on_conflict_do_nothing(index_elements=unique))
        return
    for first in range(0, len(rows), _ROWS):
        values = insert.values(rows[first : first + _ROWS])
        session.execute(values.on_conflict_do_nothing(index_elements=unique))


def insert_or_replace(session: Session, table: type[Table], rows: Sequence[Mapping[str, Any]], *unique: str) -> None:
    """Insert rows, or give their values to the rows that have the same values of the columns `unique`."""
    if rows:
        insert = _INSERTS[session.get_bind().dialect.name](inspect(table).local_table)
        others = {name: insert.excluded[name] for name in rows[0] if name not in unique}
        session.execute(insert.on_conflict_do_update(index_elements=unique, set_=others), rows)


def one_at_a_time(session: Session, *what: object) -> None:
    """Take the lock that `what` names until the transaction ends, after waiting for any other transaction with it."""
    if session.get_bind().dialect.name == "postgresql":
        lock = {"class": _ONE_AT_A_TIME, "number": crc32(repr(what).encode()) - 2**31}
        session.execute(text("SELECT pg_advisory_xact_lock(:class, :number)"), lock)


def notify_of_jobs(session: Session) -> None:
    """Let other replicas look for jobs once the transaction is committed."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text(f"NOTIFY {CHANNEL}"))
