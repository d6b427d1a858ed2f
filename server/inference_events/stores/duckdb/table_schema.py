"""How a model's columns are stored in its table: under generated names, so that users' names have no restrictions."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from operator import attrgetter

import pyarrow as pa

from inference_events.stores.column_types import arrow_type, sql_type

LABEL_TYPE = "TIMESTAMP"


@dataclass(frozen=True, slots=True)
class StoredColumn:
    """A column of a table. A dropped column is no longer declared; its values are read as undeclared.

    A labelled column has a second column for the time at which each event first got a value.
    """

    number: int
    name: str
    sql_type: str
    dropped: bool = False
    labelled: bool = False

    @property
    def sql_name(self) -> str:
        return f"c{self.number}"

    @property
    def label_name(self) -> str:
        return f"l{self.number}"

    @property
    def sql_columns(self) -> dict[str, str]:
        """The columns of the table that belong to this one, with their types."""
        return {self.sql_name: self.sql_type} | ({self.label_name: LABEL_TYPE} if self.labelled else {})


@dataclass(frozen=True)
class ColumnChange:
    """One change of a schema; `old` is None for a new column, and the `sql_type`s differ for a retyped one."""

    old: StoredColumn | None
    new: StoredColumn

    @property
    def adds(self) -> bool:
        return self.old is None

    @property
    def labels(self) -> bool:
        return self.new.labelled and not (self.old and self.old.labelled)

    @property
    def retypes(self) -> bool:
        return self.old is not None and self.old.sql_type != self.new.sql_type


@dataclass(frozen=True)
class TableSchema:
    """The columns of a model's table at one revision of its schema."""

    model_id: str
    revision: int
    columns: tuple[StoredColumn, ...] = ()

    @property
    def table(self) -> str:
        return "events_" + self.model_id.replace("-", "")

    @property
    def deltas(self) -> str:
        return "deltas_" + self.model_id.replace("-", "")

    @cached_property
    def declared(self) -> tuple[StoredColumn, ...]:
        return tuple(column for column in self.columns if not column.dropped)

    @cached_property
    def dropped(self) -> tuple[StoredColumn, ...]:
        return tuple(column for column in self.columns if column.dropped)

    @cached_property
    def labelled(self) -> tuple[StoredColumn, ...]:
        """The declared columns that have label times."""
        return tuple(column for column in self.declared if column.labelled)

    @cached_property
    def stored(self) -> tuple[StoredColumn, ...]:
        """All columns in their order in the table."""
        return tuple(sorted(self.columns, key=attrgetter("number")))

    @cached_property
    def arrow(self) -> pa.Schema:
        """The declared columns by the users' names."""
        return pa.schema([(column.name, arrow_type(column.sql_type)) for column in self.declared])

    @cached_property
    def sql_columns(self) -> dict[str, str]:
        """The columns of the table that hold the users' ones, with their types."""
        return {name: kind for column in self.stored for name, kind in column.sql_columns.items()}

    def changes(self, schema: pa.Schema, targets: Collection[str]) -> list[ColumnChange]:
        """Return the changes after which exactly the columns of `schema` are declared, in its order.

        Targets become labelled. A column that was a target keeps its label times.
        """
        known = {column.name: column for column in self.columns}
        free = max((column.number for column in self.columns), default=-1) + 1
        changes = []
        for field in schema:
            old = known.pop(field.name, None)
            number = free if old is None else old.number
            free += old is None
            labelled = field.name in targets or (old is not None and old.labelled)
            changes.append(ColumnChange(old, StoredColumn(number, field.name, sql_type(field.type), labelled=labelled)))
        return changes + [ColumnChange(old, replace(old, dropped=True)) for old in known.values()]

    def after(self, revision: int, changes: Iterable[ColumnChange]) -> "TableSchema":
        return TableSchema(self.model_id, revision, tuple(change.new for change in changes))
