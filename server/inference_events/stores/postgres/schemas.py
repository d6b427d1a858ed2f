"""The columns of each model, and where their values are stored.

A column's number is never used again, and neither is its index in one of the two payloads. Columns that updates may
change are in `labels`, so that an update does not rewrite the large payload of the others. A column that becomes
updatable later stays in its payload.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from functools import cached_property

import pyarrow as pa

from inference_events.stores.column_types import arrow_type, sql_type
from inference_events.stores.postgres.connections import Connection
from inference_events.stores.postgres.escaping import escape, unescape

FIXED, LABELS = PAYLOADS = ("fixed", "labels")


@dataclass(frozen=True)
class Column:
    """A column of a model. A dropped column is no longer declared; its values are read as undeclared.

    `type` is DuckDB's name for its type. `index` is its position in the array of its payload. For a labelled column,
    the time at which each event first got a value is stored.
    """

    number: int
    name: str
    type: str
    payload: str
    index: int
    dropped: bool = False
    labelled: bool = False

    @property
    def arrow(self) -> pa.DataType:
        return arrow_type(self.type)


@dataclass(frozen=True)
class EventSchema:
    """The columns of a model at one revision. `version` grows with each change and is not reset by a drop."""

    model_id: str
    revision: int
    version: int
    columns: tuple[Column, ...] = ()

    @cached_property
    def declared(self) -> tuple[Column, ...]:
        return tuple(column for column in self.columns if not column.dropped)

    @cached_property
    def dropped(self) -> tuple[Column, ...]:
        return tuple(column for column in self.columns if column.dropped)

    @cached_property
    def labelled(self) -> tuple[Column, ...]:
        """The declared columns that have label times."""
        return tuple(column for column in self.declared if column.labelled)

    @cached_property
    def by_name(self) -> dict[str, Column]:
        """The declared columns."""
        return {column.name: column for column in self.declared}

    def after(
        self, revision: int, schema: pa.Schema, targets: Collection[str], updatable: Collection[str]
    ) -> "EventSchema":
        """Return a schema that declares exactly the columns of `schema`, in its order."""
        known = {column.name: column for column in self.columns}
        next_indexes = {payload: _next(c.index for c in self.columns if c.payload == payload) for payload in PAYLOADS}
        number = _next(column.number for column in self.columns)
        columns = []
        for field in schema:
            old = known.pop(field.name, None)
            if old is None:
                payload = LABELS if field.name in targets or field.name in updatable else FIXED
                old = Column(number, field.name, "", payload, next_indexes[payload])
                number += 1
                next_indexes[payload] += 1
            labelled = old.labelled or field.name in targets
            columns.append(replace(old, type=sql_type(field.type), dropped=False, labelled=labelled))
        columns += [replace(column, dropped=True) for column in known.values()]
        return EventSchema(self.model_id, revision, self.version + 1, tuple(columns))

    def retyped(self, after: "EventSchema") -> list[tuple[Column, Column]]:
        """Return the columns that have another type in a later schema, each as (old, new)."""
        later = {column.number: column for column in after.columns}
        pairs = ((column, later[column.number]) for column in self.columns)
        return [(old, new) for old, new in pairs if old.type != new.type]


def _next(numbers: Iterable[int]) -> int:
    return max(numbers, default=-1) + 1


class Schemas:
    """Reads schemas and caches them by version."""

    def __init__(self) -> None:
        self._known: dict[str, EventSchema] = {}

    def get(self, db: Connection, model_id: str, revision: int, version: int) -> EventSchema:
        """Return the schema with the version that the transaction sees."""
        known = self._known.get(model_id)
        if known is None or known.version != version:
            known = load_schema(db, model_id, revision, version)
            self._known[model_id] = known
        return known


def load_schema(db: Connection, model_id: str, revision: int, version: int) -> EventSchema:
    """Read a schema."""
    rows = db.execute(
        "SELECT number, name, type, payload, place, dropped, labelled FROM event_columns"
        " WHERE model_id = %s ORDER BY ordinal",
        [model_id],
    ).fetchall()
    columns = tuple(Column(number, unescape(name), *more) for number, name, *more in rows)
    return EventSchema(model_id, revision, version, columns)


def save_schema(db: Connection, schema: EventSchema) -> None:
    """Replace the columns of a model and set the version in its clock, by which every replica notices the change."""
    db.execute("DELETE FROM event_columns WHERE model_id = %s", [schema.model_id])
    columns = "model_id, number, ordinal, name, type, payload, place, dropped, labelled"
    with db.cursor() as cursor, cursor.copy(f"COPY event_columns ({columns}) FROM STDIN") as copy:
        for ordinal, c in enumerate(schema.columns):
            named = (schema.model_id, c.number, ordinal, escape(c.name), c.type)
            copy.write_row((*named, c.payload, c.index, c.dropped, c.labelled))
    db.execute(
        "INSERT INTO clocks (model_id, revision, schema_version) VALUES (%s, %s, %s) ON CONFLICT (model_id)"
        " DO UPDATE SET revision = excluded.revision, schema_version = excluded.schema_version",
        [schema.model_id, schema.revision, schema.version],
    )
