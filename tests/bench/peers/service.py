"""The event service that a competent engineer writes in a day: FastAPI and SQLAlchemy, on SQLite or PostgreSQL.

Runs in an environment of its own, as `uvicorn tests.bench.peers.service:create_app --factory`, on the database that
`DATABASE_URL` names.
"""

import os
from datetime import datetime
from threading import Lock
from typing import Any, Literal

from fastapi import FastAPI
from pydantic import BaseModel, Field
from sqlalchemy import Connection, DateTime, create_engine, event, func, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

FEW = 50
STAGE = text("CREATE TEMPORARY TABLE IF NOT EXISTS staged (LIKE events) ON COMMIT DELETE ROWS")
MERGE = text("INSERT INTO events SELECT * FROM staged ON CONFLICT DO NOTHING")


class Event(BaseModel):
    id: str = Field(min_length=1)
    time: datetime
    label: bool | None = None
    score: float
    carrier: Literal["AA", "DL", "UA", "WN"]
    note: str
    feature_0: float
    feature_1: float
    feature_2: float
    feature_3: float
    feature_4: float
    feature_5: float
    feature_6: float
    feature_7: float
    feature_8: float
    feature_9: float
    count_0: int
    count_1: int
    count_2: int
    count_3: int


class Publish(BaseModel):
    events: list[Event] = Field(min_length=1, max_length=1000)


class Published(BaseModel):
    event_ids: list[str]


class Table(DeclarativeBase):
    pass


class StoredEvent(Table):
    __tablename__ = "events"

    id: Mapped[str] = mapped_column(primary_key=True)
    time: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    label: Mapped[bool | None]
    score: Mapped[float]
    carrier: Mapped[str]
    note: Mapped[str]
    feature_0: Mapped[float]
    feature_1: Mapped[float]
    feature_2: Mapped[float]
    feature_3: Mapped[float]
    feature_4: Mapped[float]
    feature_5: Mapped[float]
    feature_6: Mapped[float]
    feature_7: Mapped[float]
    feature_8: Mapped[float]
    feature_9: Mapped[float]
    count_0: Mapped[int]
    count_1: Mapped[int]
    count_2: Mapped[int]
    count_3: Mapped[int]


COLUMNS = StoredEvent.__table__.columns.keys()
Rows = list[dict[str, Any]]


class SQLiteEvents:
    """Events in SQLite, which has one writer at a time: requests wait here for their turn, without polling."""

    def __init__(self, url: str) -> None:
        self.engine = create_engine(url)
        self._turn = Lock()
        event.listen(self.engine, "connect", _make_durable)

    def add(self, rows: Rows) -> None:
        """Keep events whose ids are new."""
        with self._turn, self.engine.begin() as connection:
            connection.execute(sqlite.insert(StoredEvent).on_conflict_do_nothing(), rows)


class PostgreSQLEvents:
    """Events in PostgreSQL: a few are inserted, many are copied and merged."""

    def __init__(self, url: str) -> None:
        self.engine = create_engine(url)

    def add(self, rows: Rows) -> None:
        """Keep events whose ids are new."""
        with self.engine.begin() as connection:
            if len(rows) < FEW:
                connection.execute(postgresql.insert(StoredEvent).on_conflict_do_nothing(), rows)
            else:
                connection.execute(STAGE)
                _copy(connection, rows)
                connection.execute(MERGE)


def _make_durable(connection: Any, _: object) -> None:
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")


def _copy(connection: Connection, rows: Rows) -> None:
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(f"COPY staged ({', '.join(COLUMNS)}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row([row[name] for name in COLUMNS])


def create_app() -> FastAPI:
    url = os.environ["DATABASE_URL"]
    events = SQLiteEvents(url) if url.startswith("sqlite") else PostgreSQLEvents(url)
    Table.metadata.create_all(events.engine)
    app = FastAPI()

    @app.post("/events")
    def publish(body: Publish) -> Published:
        events.add([one.model_dump() for one in body.events])
        return Published(event_ids=[one.id for one in body.events])

    @app.get("/events/count")
    def count() -> int:
        with events.engine.connect() as connection:
            return connection.scalar(select(func.count()).select_from(StoredEvent)) or 0

    return app
