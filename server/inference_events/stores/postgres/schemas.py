"""Which columns a model has, and where their values stand.

A column's number is its own for ever, and so is its place in one of the two payloads. Columns that updates may change
stand in `labels`, so that an update leaves the large payload of the others where it is. A column of which that becomes
true later stays where it is.
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
    """A column of a model. A dropped one is no longer declared; its values read as undeclared.

    `type` is DuckDB's name of it. For a labelled column, the time is kept at which each event first got a value.
    """

    number: int
    name: str
    type: str
    payload: str
    place: int
    dropped: bool = False
    labelled: bool = False

    @property
    def arrow(self) -> pa.DataType:
        return arrow_type(self.type)


@dataclass(frozen=True)
class EventSchema:
    """The columns of a model at one revision. `version` grows with each change, also over a drop."""

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
        """The declared columns that have times of labels."""
        return tuple(column for column in self.declared if column.labelled)

    @cached_property
    def by_name(self) -> dict[str, Column]:
        """The declared columns."""
        return {column.name: column for column in self.declared}

    def after(
        self, revision: int, schema: pa.Schema, targets: Collection[str], updatable: Collection[str]
    ) -> "EventSchema":
        """Return the schema in which exactly the columns of `schema` are declared, in its order."""
        known = {column.name: column for column in self.columns}
        places = {payload: _next(c.place for c in self.columns if c.payload == payload) for payload in PAYLOADS}
        number = _next(column.number for column in self.columns)
        columns = []
        for field in schema:
            old = known.pop(field.name, None)
            if old is None:
                payload = LABELS if field.name in targets or field.name in updatable else FIXED
                old = Column(number, field.name, "", payload, places[payload])
                number += 1
                places[payload] += 1
            labelled = old.labelled or field.name in targets
            columns.append(replace(old, type=sql_type(field.type), dropped=False, labelled=labelled))
        columns += [replace(column, dropped=True) for column in known.values()]
        return EventSchema(self.model_id, revision, self.version + 1, tuple(columns))

    def retyped(self, after: "EventSchema") -> list[tuple[Column, Column]]:
        """Return the columns whose types differ in a later schema, each as it is and as it will be."""
        later = {column.number: column for column in after.columns}
        pairs = ((column, later[column.number]) for column in self.columns)
        return [(old, new) for old, new in pairs if old.type != new.type]


def _next(numbers: Iterable[int]) -> int:
    return max(numbers, default=-1) + 1


class Schemas:
    """Reads schemas, and remembers them by their versions."""

    def __init__(self) -> None:
        self._known: dict[str, EventSchema] = {}

    def get(self, db: Connection, model_id: str, revision: int, version: int) -> EventSchema:
        """Return the schema of a version that the transaction sees."""
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
    """Replace the columns of a model, and tell every replica by its clock."""
    db.execute("DELETE FROM event_columns WHERE model_id = %s", [schema.model_id])
    columns = "model_id, number, ordinal, name, type, payload, place, dropped, labelled"
    with db.cursor() as cursor, cursor.copy(f"COPY event_columns ({columns}) FROM STDIN") as copy:
        for ordinal, c in enumerate(schema.columns):
            named = (schema.model_id, c.number, ordinal, escape(c.name), c.type)
            copy.write_row((*named, c.payload, c.place, c.dropped, c.labelled))
    db.execute(
        "INSERT INTO clocks (model_id, revision, schema_version) VALUES (%s, %s, %s) ON CONFLICT (model_id)"
        " DO UPDATE SET revision = excluded.revision, schema_version = excluded.schema_version",
        [schema.model_id, schema.revision, schema.version],
    )
