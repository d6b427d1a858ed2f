"""The catalog's tables, for SQLite and PostgreSQL alike."""

import uuid
from datetime import UTC, datetime
from typing import Any, ClassVar

from sqlalchemy import (
    JSON,
    BigInteger,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Text,
    TypeDecorator,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    declared_attr,
    load_only,
    mapped_column,
    raiseload,
    relationship,
    validates,
)

_NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


def utc_now() -> datetime:
    return datetime.now(UTC)


def new_id() -> str:
    return str(uuid.uuid4())


def fold(text: str) -> str:
    """Return a text case-folded, for comparisons that ignore case in the same way on every database."""
    return text.casefold()


def text_type(length: int | None = None) -> String:
    """Return the type of a text that every database sorts by code point, as SQLite does by default."""
    kind = String if length else Text
    return kind(length).with_variant(kind(length, collation="C"), "postgresql")


class UtcDateTime(TypeDecorator[datetime]):
    """Store an aware datetime in UTC, even if the database has no time zones."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None or value.tzinfo is not None:
            return value
        return value.replace(tzinfo=UTC)


class Id(TypeDecorator[str]):
    """Store a UUID in lower case, and find it in any case."""

    impl = text_type(36)
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else value.lower()


JsonObject = dict[str, Any]


class Table(DeclarativeBase):
    """The base of all tables, which maps datetimes and JSON."""

    metadata = MetaData(naming_convention=_NAMES)
    type_annotation_map: ClassVar = {datetime: UtcDateTime, JsonObject: JSON, list[str]: JSON}


class Named:
    """Store a row's name a second time, case-folded, because databases agree on case folding for ASCII only."""

    name: Mapped[str]
    folded_name: Mapped[str] = mapped_column(text_type(), default="", server_default="")

    @validates("name")
    def _fold_name(self, _: str, name: str) -> str:
        self.folded_name = fold(name)
        return name


_NOT_DELETED = text("deleted_at IS NULL")


def _unique_while_not_deleted(name: str, *columns: str) -> Index:
    return Index(name, *columns, unique=True, sqlite_where=_NOT_DELETED, postgresql_where=_NOT_DELETED)


class Organization(Table):
    __tablename__ = "organizations"

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(text_type(256))


class Token(Named, Table):
    """A token. Of its secret, only the SHA-256 in hex is stored."""

    __tablename__ = "tokens"

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(text_type(256))
    hash: Mapped[str] = mapped_column(text_type(64), unique=True)
    scopes: Mapped[list[str]]
    is_preset: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
    replaced_by: Mapped[str | None] = mapped_column(Id, ForeignKey("tokens.id"))

    projects: Mapped[list["TokenProject"]] = relationship(lazy="raise", order_by="TokenProject.project_id")

    @property
    def project_ids(self) -> list[str] | None:
        """The projects that the token is limited to, None for all. They must have been loaded."""
        return [row.project_id for row in self.projects] or None


class TokenProject(Table):
    """Limits a token to a project, which may be deleted. A token without any row is not limited."""

    __tablename__ = "token_projects"

    token_id: Mapped[str] = mapped_column(Id, ForeignKey("tokens.id"), primary_key=True)
    project_id: Mapped[str] = mapped_column(Id, ForeignKey("projects.id"), primary_key=True)


class BrowserSession(Table):
    """A session of the console. Of the secret in its cookie, only the SHA-256 in hex is stored."""

    __tablename__ = "sessions"

    hash: Mapped[str] = mapped_column(text_type(64), primary_key=True)
    token_id: Mapped[str] = mapped_column(Id, ForeignKey("tokens.id"))
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    last_seen_at: Mapped[datetime] = mapped_column(default=utc_now)


class SessionCode(Table):
    """A code that begins one session of a token, stored as its SHA-256 in hex."""

    __tablename__ = "session_codes"

    hash: Mapped[str] = mapped_column(text_type(64), primary_key=True)
    token_id: Mapped[str] = mapped_column(Id, ForeignKey("tokens.id"))
    created_at: Mapped[datetime] = mapped_column(default=utc_now)


class Project(Named, Table):
    __tablename__ = "projects"
    __table_args__ = (_unique_while_not_deleted("uq_projects_name", "name"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(text_type(64))
    organization_id: Mapped[str] = mapped_column(Id, ForeignKey("organizations.id"))
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    updated_at: Mapped[datetime] = mapped_column(default=utc_now, onupdate=utc_now)
    deleted_at: Mapped[datetime | None]

    organization: Mapped[Organization] = relationship(lazy="joined", innerjoin=True)


class Model(Named, Table):
    """A model as its client wrote it. `schema_revision` grows with each change that concerns new events."""

    __tablename__ = "models"
    __table_args__ = (_unique_while_not_deleted("uq_models_project_id_name_version", "project_id", "name", "version"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    project_id: Mapped[str] = mapped_column(Id, ForeignKey("projects.id"))
    name: Mapped[str] = mapped_column(text_type(256))
    version: Mapped[str] = mapped_column(text_type(64))
    input_type: Mapped[str] = mapped_column(text_type(32))
    task: Mapped[str] = mapped_column(text_type(32))
    task_params: Mapped[JsonObject]
    schema: Mapped[JsonObject]
    spec: Mapped[JsonObject]
    description: Mapped[str | None] = mapped_column(text_type())
    event_id_col: Mapped[str | None] = mapped_column(text_type())
    event_ts_col: Mapped[str | None] = mapped_column(text_type())
    event_ts_format: Mapped[str | None] = mapped_column(text_type())
    xai_params: Mapped[JsonObject]
    feature_impact: Mapped[JsonObject | None]
    schema_revision: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    updated_at: Mapped[datetime] = mapped_column(default=utc_now, onupdate=utc_now)
    deleted_at: Mapped[datetime | None]
    created_by_id: Mapped[str] = mapped_column(Id, ForeignKey("tokens.id"))
    updated_by_id: Mapped[str] = mapped_column(Id, ForeignKey("tokens.id"))

    project: Mapped[Project] = relationship(lazy="joined", innerjoin=True)
    created_by: Mapped[Token] = relationship(lazy="joined", innerjoin=True, foreign_keys=[created_by_id])
    updated_by: Mapped[Token] = relationship(lazy="joined", innerjoin=True, foreign_keys=[updated_by_id])


# Loads a model without its schema, which may be long, for references and lists.
BRIEF_MODEL = (
    load_only(Model.name, Model.version, Model.created_at, Model.updated_at, raiseload=True),
    raiseload(Model.created_by),
    raiseload(Model.updated_by),
)


class Environment(Named, Table):
    """The PRODUCTION environment of a model, or one of its PRE_PRODUCTION datasets."""

    __tablename__ = "environments"
    __table_args__ = (UniqueConstraint("model_id", "type", "name"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    model_id: Mapped[str] = mapped_column(Id, ForeignKey("models.id"))
    type: Mapped[str] = mapped_column(text_type(16))
    name: Mapped[str] = mapped_column(text_type(256))
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    updated_at: Mapped[datetime] = mapped_column(default=utc_now, onupdate=utc_now)

    model: Mapped[Model] = relationship(lazy="raise")


class Baseline(Named, Table):
    """A STATIC or ROLLING baseline. One over a dataset has no times, because it contains the whole dataset."""

    __tablename__ = "baselines"
    __table_args__ = (UniqueConstraint("model_id", "name"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    model_id: Mapped[str] = mapped_column(Id, ForeignKey("models.id"))
    environment_id: Mapped[str] = mapped_column(Id, ForeignKey("environments.id"))
    name: Mapped[str] = mapped_column(text_type(256))
    type: Mapped[str] = mapped_column(text_type(16))
    start_time: Mapped[datetime | None]
    end_time: Mapped[datetime | None]
    offset_delta: Mapped[int | None]
    window_bin_size: Mapped[str | None] = mapped_column(text_type(16))
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    updated_at: Mapped[datetime] = mapped_column(default=utc_now, onupdate=utc_now)

    environment: Mapped[Environment] = relationship(lazy="raise")


class Definition(Named):
    """Keep an expression about the events of a model. It never changes."""

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    model_id: Mapped[str] = mapped_column(Id, ForeignKey("models.id"))
    name: Mapped[str] = mapped_column(text_type(255))
    definition: Mapped[str] = mapped_column(text_type())
    description: Mapped[str | None] = mapped_column(text_type())
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    updated_at: Mapped[datetime] = mapped_column(default=utc_now, onupdate=utc_now)
    created_by_id: Mapped[str] = mapped_column(Id, ForeignKey("tokens.id"))

    @declared_attr
    def model(cls) -> Mapped[Model]:
        return relationship(lazy="raise")

    @declared_attr
    def created_by(cls) -> Mapped[Token]:
        return relationship(lazy="joined", innerjoin=True)


class Segment(Definition, Table):
    """Keep which events of a model belong together."""

    __tablename__ = "segments"
    __table_args__ = (UniqueConstraint("model_id", "name"),)


class CustomMetric(Definition, Table):
    """Keep how a number is made of the events of a model."""

    __tablename__ = "custom_metrics"
    __table_args__ = (UniqueConstraint("model_id", "name"),)


class File(Table):
    """An uploaded file and its size in bytes.

    An upload in parts has no size until it is completed, and neither has a removed file. A removed file's row is kept
    for a while, so that a request for it can report the removal.
    """

    __tablename__ = "files"

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    filename: Mapped[str] = mapped_column(text_type())
    folded_filename: Mapped[str] = mapped_column(text_type(), default="", server_default="")
    type: Mapped[str] = mapped_column(text_type(16))
    status: Mapped[str] = mapped_column(text_type(16))
    size: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    updated_at: Mapped[datetime] = mapped_column(default=utc_now, onupdate=utc_now)
    created_by_id: Mapped[str] = mapped_column(Id, ForeignKey("tokens.id"))
    updated_by_id: Mapped[str] = mapped_column(Id, ForeignKey("tokens.id"))

    created_by: Mapped[Token] = relationship(lazy="joined", innerjoin=True, foreign_keys=[created_by_id])
    updated_by: Mapped[Token] = relationship(lazy="joined", innerjoin=True, foreign_keys=[updated_by_id])

    @validates("filename")
    def _fold_filename(self, _: str, filename: str) -> str:
        self.folded_filename = fold(filename)
        return filename


class FilePart(Table):
    """A part of a file: its object in the file store, size in bytes, SHA-256 in hex.

    An object without a file is released: no file needs it any more, and it waits for its deletion.
    """

    __tablename__ = "file_parts"
    __table_args__ = (UniqueConstraint("file_id", "number"),)

    key: Mapped[str] = mapped_column(text_type(64), primary_key=True)
    file_id: Mapped[str | None] = mapped_column(Id, ForeignKey("files.id"))
    number: Mapped[int]
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(text_type(64))


# As text, because SQLite uses a partial index only if a query has exactly its condition.
UNFINISHED = text("status IN ('PENDING', 'STARTED')")
_LEASED = text("lease_until IS NOT NULL")


class Job(Named, Table):
    """A job, which outlives its model. `epoch` is the model's epoch at its acceptance.

    `starts` counts starts without progress beyond the row `started_row`, except those that a stop ended. `owner` runs
    the job until `lease_until` by the database's clock. Each claim raises `fence`, and nothing lowers it.
    """

    __tablename__ = "jobs"
    __table_args__ = (
        Index("ix_jobs_model_id", "model_id"),
        Index("ix_jobs_project_id_model_id", "project_id", "model_id"),
        Index("ix_jobs_file_id", "file_id"),
        Index("ix_jobs_completed_at", "completed_at"),
        Index("ix_jobs_unfinished", "created_at", "id", sqlite_where=UNFINISHED, postgresql_where=UNFINISHED),
        Index("ix_jobs_unfinished_of_model", "model_id", "epoch", sqlite_where=UNFINISHED, postgresql_where=UNFINISHED),
        Index("ix_jobs_lease_until", "lease_until", sqlite_where=_LEASED, postgresql_where=_LEASED),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    kind: Mapped[str] = mapped_column(text_type(64))
    name: Mapped[str] = mapped_column(text_type())
    status: Mapped[str] = mapped_column(text_type(16))
    progress: Mapped[float] = mapped_column(default=0.0)
    params: Mapped[JsonObject]
    info: Mapped[JsonObject]
    project_id: Mapped[str | None] = mapped_column(Id)
    model_id: Mapped[str | None] = mapped_column(Id)
    file_id: Mapped[str | None] = mapped_column(Id)
    token_id: Mapped[str] = mapped_column(Id)
    epoch: Mapped[int] = mapped_column(BigInteger)
    error_message: Mapped[str | None] = mapped_column(text_type())
    error_reason: Mapped[str | None] = mapped_column(text_type())
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    updated_at: Mapped[datetime] = mapped_column(default=utc_now, onupdate=utc_now)
    started_at: Mapped[datetime | None]
    completed_at: Mapped[datetime | None]
    starts: Mapped[int] = mapped_column(default=0, server_default="0")
    started_row: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    owner: Mapped[str | None] = mapped_column(Id)
    lease_until: Mapped[datetime | None]
    fence: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")


class Webhook(Named, Table):
    """A receiver of alerts over HTTP. `url` and `secret` are encrypted; `masked_url` shows no more than the host."""

    __tablename__ = "webhooks"

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(text_type(127), unique=True)
    url: Mapped[str] = mapped_column(text_type())
    masked_url: Mapped[str] = mapped_column(text_type())
    provider: Mapped[str] = mapped_column(text_type(16))
    secret: Mapped[str | None] = mapped_column(text_type())
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    updated_at: Mapped[datetime] = mapped_column(default=utc_now, onupdate=utc_now)


# As text, because SQLite uses a partial index only if a query has exactly its condition.
UNDELIVERED = text("state IN ('pending', 'sending')")


class OutboxMessage(Table):
    """What one receiver is told about one alert record.

    `key` is unique, so that a repeated judgement adds nothing. Rows with one `batch_id` are sent as one message, which
    keeps that id in each attempt. A row without `due_at` is not sent.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        UniqueConstraint("key"),
        Index("ix_outbox_undelivered", "due_at", sqlite_where=UNDELIVERED, postgresql_where=UNDELIVERED),
        Index("ix_outbox_model_id", "model_id"),
        Index("ix_outbox_batch_id", "batch_id"),
        Index("ix_outbox_ended_at", "ended_at"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    key: Mapped[str] = mapped_column(text_type(64))
    group_key: Mapped[str] = mapped_column(text_type(64))
    batch_id: Mapped[str | None] = mapped_column(Id)
    model_id: Mapped[str] = mapped_column(Id)
    alert_rule_id: Mapped[str] = mapped_column(Id)
    alert_record_id: Mapped[str] = mapped_column(Id)
    channel: Mapped[str] = mapped_column(text_type(16))
    destination: Mapped[str] = mapped_column(text_type(320))
    severity: Mapped[str] = mapped_column(text_type(16))
    content: Mapped[JsonObject]
    state: Mapped[str] = mapped_column(text_type(16))
    attempts: Mapped[int] = mapped_column(default=0)
    error: Mapped[str | None] = mapped_column(text_type())
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    due_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


class WorkLease(Table):
    """The right of one process to do a kind of work until `lease_until` by the database's clock."""

    __tablename__ = "work_leases"

    name: Mapped[str] = mapped_column(text_type(64), primary_key=True)
    owner: Mapped[str | None] = mapped_column(Id)
    lease_until: Mapped[datetime | None]
    fence: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")


class IdempotencyRecord(Table):
    """The response to a request that changed something, for its repetitions."""

    __tablename__ = "attempts"
    __table_args__ = (
        UniqueConstraint("token_id", "method", "path", "idempotency_key"),
        Index("ix_attempts_request", "token_id", "method", "path", "body_digest"),
        Index("ix_attempts_created_at", "created_at"),
    )

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True)
    token_id: Mapped[str] = mapped_column(Id)
    method: Mapped[str] = mapped_column(text_type(16))
    path: Mapped[str] = mapped_column(text_type())
    idempotency_key: Mapped[str | None] = mapped_column(text_type(256))
    body_digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    response: Mapped[JsonObject] = mapped_column("answer")
    is_retry: Mapped[bool] = mapped_column(server_default=false())
    created_at: Mapped[datetime] = mapped_column(default=utc_now)


class CatalogVersion(Table):
    """The one row with the version for cached results, the schema's version, and the oldest program that may use it."""

    __tablename__ = "catalog_version"

    id: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(BigInteger)
    schema_version: Mapped[str] = mapped_column(text_type(32))
    oldest_program_version: Mapped[str] = mapped_column(text_type(64))
