"""A catalog in a PostgreSQL database, which several replicas share.

A read sees one snapshot: REPEATABLE READ, READ ONLY. A write is READ COMMITTED, so a statement that waited for a lock
sees what the other transaction committed. A transaction that fails temporarily, for example by a deadlock or a
failover, runs again. If the connection is lost during COMMIT, the database reports the transaction's status, so a write
is neither lost nor done twice. All settings apply to one transaction, so that a pooler can be used.
"""

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, TypeVar
from zlib import crc32

import psycopg
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import Connection, create_engine, event, text
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection
from sqlalchemy.orm import Session

from inference_events.catalog.errors import DatabaseTooOld, DatabaseUnusable, DatabaseUrlInvalid
from inference_events.catalog.notifications import Listener
from inference_events.database_use import CountedPool, DatabaseUse
from inference_events.errors import ServiceUnavailable

T = TypeVar("T")

OLDEST_SERVER = 15
ATTEMPTS = 5
MAX_SECONDS = 10.0
RETRY_AFTER_SECONDS = 5
_FIRST_DELAY_SECONDS = 0.1
_CONNECT_SECONDS = 5
_POOL_SIZE, _MOST_MORE = 6, 4
_PASSING = frozenset({"40001", "40P01", "55P03", "57P01", "57P02", "57P03", "53300"})
_CONNECTION_LOST = "08"
# No space or no memory; a statement that took too long; a standby.
_NOT_NOW = ("53", "57014", "25006")
# For the transaction only, because a pooler may run the next one in another session.
_TIMEOUTS = text(
    "SELECT set_config('statement_timeout', '30s', true), set_config('lock_timeout', '5s', true), "
    "set_config('idle_in_transaction_session_timeout', '60s', true)"
)
_NO_TIMEOUTS = text(
    "SELECT set_config('statement_timeout', '0', true), set_config('lock_timeout', '0', true), "
    "set_config('idle_in_transaction_session_timeout', '0', true)"
)
# The first of the two numbers of an advisory lock: its purpose.
_MIGRATION_LOCK = 0x1E01
_ALONE = 0x1E03
SCHEMES = ("postgresql://", "postgres://")
_URL_HINT = (
    "The database's URL must have the form postgresql://user:password@host:port/database; "
    "write each special character of a part as % and two hexadecimal digits"
)


class PostgresDatabase:
    """Connects to the database at a libpq URL, which may list several hosts.

    Raises a CatalogError if the database cannot be used.
    """

    is_shared = True
    max_writers = 4

    def __init__(self, url: str) -> None:
        self._url = url
        self._server = _server_of(url)
        # The driver parses the URL, because SQLAlchemy supports one host only.
        self.engine = create_engine(
            "postgresql+psycopg://",
            poolclass=CountedPool,
            pool_size=_POOL_SIZE,
            max_overflow=_MOST_MORE,
            pool_timeout=MAX_SECONDS,
        )
        event.listen(self.engine, "do_connect", lambda *arguments: self._connect(**arguments[-1]))
        pool: Any = self.engine.pool
        self.use = DatabaseUse(pool, _POOL_SIZE + _MOST_MORE)
        event.listen(self.engine, "begin", _begin)
        self.reads = self.engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        self.writes = self.engine.execution_options(isolation_level="READ COMMITTED")
        try:
            self._check_server()
        except BaseException:
            self.engine.dispose()
            raise

    def run(self, unit: Callable[[], T]) -> T:
        """Return the result of a transaction, which may run several times. Raises ServiceUnavailable."""
        deadline = time.monotonic() + MAX_SECONDS
        delays = _delays()
        while True:
            try:
                return unit()
            except NoConnection as error:
                raise _unavailable() from error
            except DBAPIError as error:
                if not _is_passing(error):
                    if (_state(error) or "").startswith(_NOT_NOW):
                        raise _unavailable() from error
                    raise
                delay = next(delays, None)
                if delay is None or time.monotonic() + delay > deadline:
                    raise _unavailable() from error
                self.use.note_retry()
                time.sleep(delay)

    def commit(self, session: Session) -> None:
        """Commit a write. If the connection is lost meanwhile, find out whether it was committed."""
        number = session.scalar(text("SELECT pg_current_xact_id_if_assigned()::text"))
        try:
            session.commit()
        except DBAPIError as error:
            if number is None or not _is_lost(error):
                raise
            self.use.note_unknown_commit()
            if not self._is_committed(number):
                raise

    @contextmanager
    def migrating(self) -> Iterator[Connection]:
        """Begin a transaction for a migration. Its lock ends with it; a session's lock might stay behind a pooler."""
        try:
            with self.writes.begin() as connection:
                connection.execute(_NO_TIMEOUTS)
                connection.execute(text("SELECT pg_advisory_xact_lock(:lock, 0)"), {"lock": _MIGRATION_LOCK})
                yield connection
        except DBAPIError as error:
            raise self._unusable(error) from None

    @contextmanager
    def alone(self, what: str) -> Iterator[bool]:
        """Give whether no other replica does `what`, and let none begin meanwhile, in a transaction that waits."""
        lock = {"class": _ALONE, "number": crc32(what.encode()) - 2**31}
        with self.run(self.writes.connect) as connection, connection.begin():
            connection.execute(_NO_TIMEOUTS)
            yield bool(connection.scalar(text("SELECT pg_try_advisory_xact_lock(:class, :number)"), lock))

    def listen(self, wake: Callable[[], object]) -> Callable[[], None]:
        """Call `wake` if another replica lets a job be ready, until the function returned is called."""
        return Listener(partial(self._connect, autocommit=True), wake).close

    def check(self) -> None:
        """Do nothing: the database server checks its structure itself."""

    def _connect(self, **options: Any) -> psycopg.Connection:
        return psycopg.connect(
            self._url,
            **options,
            connect_timeout=_CONNECT_SECONDS,
            tcp_user_timeout=int(MAX_SECONDS * 1000),
            target_session_attrs="read-write",
            application_name="inference-events",
            # Older poolers run prepared statements in the wrong session.
            prepare_threshold=None,
        )

    def _check_server(self) -> None:
        try:
            with self.engine.connect() as connection:
                version = int(connection.exec_driver_sql("SHOW server_version_num").scalar_one()) // 10000
        except DBAPIError as error:
            raise self._unusable(error) from None
        if version < OLDEST_SERVER:
            raise DatabaseTooOld(
                f"The database at {self._server} runs PostgreSQL {version}; "
                f"this program needs PostgreSQL {OLDEST_SERVER} or newer"
            )

    def _unusable(self, error: DBAPIError) -> DatabaseUnusable:
        reason = " ".join(str(error.orig).split())
        return DatabaseUnusable(f"The database at {self._server} cannot be used: {reason}")

    def _is_committed(self, number: str) -> bool:
        """Return whether a transaction was committed. Raises ServiceUnavailable if that stays unknown."""
        deadline = time.monotonic() + MAX_SECONDS
        while (status := self.run(lambda: self._status(number))) == "in progress":
            if time.monotonic() > deadline:
                raise _unavailable()
            time.sleep(_FIRST_DELAY_SECONDS)
        return status == "committed"

    def _status(self, number: str) -> str:
        with self.writes.begin() as connection:
            status: str = connection.scalar(text("SELECT pg_xact_status(CAST(:number AS xid8))"), {"number": number})
            return status


def _begin(connection: Connection) -> None:
    connection.execute(_TIMEOUTS)


def _delays() -> Iterator[float]:
    """Yield the delays before further attempts, in seconds."""
    for attempt in range(ATTEMPTS):
        yield _FIRST_DELAY_SECONDS * 2.5**attempt * random.uniform(0.5, 1)


def _is_passing(error: DBAPIError) -> bool:
    """Return whether a transaction that failed with this error may succeed if it runs again."""
    state = _state(error)
    if state is None:
        return error.connection_invalidated or isinstance(error, OperationalError)
    return state in _PASSING or state.startswith(_CONNECTION_LOST)


def _is_lost(error: DBAPIError) -> bool:
    """Return whether it is unknown after this error in COMMIT if the transaction was committed."""
    state = _state(error)
    return state is None or state.startswith(("08", "57"))


def _state(error: DBAPIError) -> str | None:
    """Return the SQLSTATE of an error that the server reported, None for an error of the connection."""
    state: str | None = getattr(error.orig, "sqlstate", None)
    return state


def _unavailable() -> ServiceUnavailable:
    return ServiceUnavailable("The database does not respond; try again later", RETRY_AFTER_SECONDS)


def _server_of(url: str) -> str:
    """Return the hosts that a URL names. Raises DatabaseUrlInvalid."""
    try:
        parts = {name: str(part) for name, part in conninfo_to_dict(url).items()}
    except psycopg.Error:
        # The driver's message quotes the URL.
        raise DatabaseUrlInvalid(_URL_HINT) from None
    ports = parts.get("port", "").replace(",", "")
    # The text after an unquoted @, : or / in a password would be parsed as host, port or database, which messages show.
    names = parts.get("host", "") + parts.get("dbname", "")
    if not url.startswith(SCHEMES) or "@" in names or (ports and not ports.isdigit()):
        raise DatabaseUrlInvalid(_URL_HINT)
    return parts.get("host", "localhost")
