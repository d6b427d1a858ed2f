"""How writes of several replicas stay out of each other's way.

To look and then to act is safe in three ways: insert a row unless it is there (`insert_if_missing`), lock the row that
was looked at until the transaction ends (`find`), or let one transaction at a time do a thing (`one_at_a_time`). On
SQLite one write runs at a time, so the locks have nothing to do there.
"""

from enum import Enum
from typing import Any, TypeVar
from zlib import crc32

from sqlalchemy import Select, inspect, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from inference_events.catalog.tables import Table

RowT = TypeVar("RowT", bound=Table)

# Set in the info of sessions that may write.
IS_WRITE = "is_write"
# Execution options of a statement that changes nothing that a cached result depends on.
CHANGES_NO_RESULT = {"changes_no_result": True}
# Advisory locks have two numbers: the first says what for.
_ONE_AT_A_TIME = 0x1E02
# Where replicas learn that a job may be ready.
CHANNEL = "inference_events_jobs"
_INSERTS: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


class Lock(Enum):
    """Say what others may do with a row until the transaction ends.

    With `SHARED` they may not change it, with `EXCLUSIVE` they may not take a `SHARED` lock either. Reading it and
    inserting rows that refer to it is never locked.
    """

    NONE = 0
    SHARED = 1
    EXCLUSIVE = 2


def find(session: Session, table: type[RowT], id: str, lock: Lock = Lock.NONE) -> RowT | None:
    """Return a row by its id, None if there is none. With a lock it is the newest state of the row.

    A read takes no lock, because it sees one state anyway.
    """
    if lock is Lock.NONE or not session.info.get(IS_WRITE):
        return session.get(table, id)
    options = {"of": table, "read": lock is Lock.SHARED, "key_share": lock is Lock.EXCLUSIVE}
    return session.get(table, id, populate_existing=True, with_for_update=options)


def locked(rows: Select[RowT], table: type[Table], id: Any) -> Select[RowT]:
    """Select rows of a table with an `EXCLUSIVE` lock, in the order of their ids, so that no two block each other."""
    return rows.order_by(id).with_for_update(of=table, key_share=True)


def insert_if_missing(session: Session, row: Table, *unique: str) -> bool:
    """Insert a new row unless there is one with the same values in the columns `unique`. Return whether it did.

    It waits for a transaction that inserts the same. Read the row afterwards: `row` itself is not part of the session.
    """
    session.flush()
    table = type(row)
    values = {column.key: vars(row)[column.key] for column in inspect(table).columns if column.key in vars(row)}
    insert = _INSERTS[session.get_bind().dialect.name](table).values(values)
    inserted = insert.on_conflict_do_nothing(index_elements=unique).returning(*inspect(table).primary_key)
    return session.execute(inserted).first() is not None


def one_at_a_time(session: Session, *what: object) -> None:
    """Wait until no other transaction does the thing that `what` names. The next one waits for the end of this one."""
    if session.get_bind().dialect.name == "postgresql":
        lock = {"class": _ONE_AT_A_TIME, "number": crc32(repr(what).encode()) - 2**31}
        session.execute(text("SELECT pg_advisory_xact_lock(:class, :number)"), lock)


def notify_of_jobs(session: Session) -> None:
    """Let other replicas look for jobs once the transaction is committed."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text(f"NOTIFY {CHANNEL}"))
