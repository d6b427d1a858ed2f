"""Aggregates that merge: those of two sets of rows that do not overlap give those of both.

Metrics ask for them in one of two forms. They are computed from the rows relation, or made of parts that were computed
before: `Rows.parts` decides.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Protocol

from inference_events.monitoring.metrics.connection import Connection
from inference_events.monitoring.sql_names import quoted


class Merge(Enum):
    """How two aggregates make that of both. Sums take counts, too."""

    SUM = "sum"
    LEAST = "min"
    GREATEST = "max"


@dataclass(frozen=True)
class Total:
    """One aggregate by bin: SQL over the rows relation, and the values that are bound to it. It is a DOUBLE."""

    text: str
    values: tuple[Any, ...] = ()
    merge: Merge = Merge.SUM


@dataclass(frozen=True)
class Groups:
    """A statement for aggregates by bin and by further keys.

    Its columns are `bin`, the keys, of which there are `keys`, and an aggregate for each of `merges`.
    """

    text: str
    values: Sequence[Any]
    keys: int
    merges: tuple[Merge, ...]


class Parts(Protocol):
    """Gives aggregates of a rows relation. Bins without rows have none."""

    def totals(self, totals: Sequence[Total]) -> list[tuple[Any, ...]]:
        """Return `bin` and an aggregate for each total."""

    def groups(self, groups: Groups) -> list[tuple[Any, ...]]:
        """Return the rows of the statement."""


@dataclass(frozen=True, slots=True)
class Rows:
    """A rows relation: its name in the connection, and the number of its bins, of which some may have no row.

    With `parts`, aggregates that merge come from there.
    """

    relation: str
    bins: int = 1
    parts: Parts | None = None


def find_totals(connection: Connection, rows: Rows, totals: Sequence[Total]) -> list[tuple[Any, ...]]:
    """Return `bin` and an aggregate for each total, for the bins that have rows, in one pass over the rows."""
    if rows.parts is not None:
        return rows.parts.totals(totals)
    text, values = totals_statement(totals, rows.relation)
    return connection.execute(text, values).fetchall()


def totals_statement(totals: Sequence[Total], relation: str) -> tuple[str, list[Any]]:
    """Return a statement for several totals by bin, and its values."""
    columns = "".join(f", ({total.text})::DOUBLE" for total in totals)
    bound = [value for total in totals for value in total.values]
    return f"SELECT bin{columns} FROM {quoted(relation)} GROUP BY bin", bound


def find_groups(connection: Connection, rows: Rows, groups: Groups) -> list[tuple[Any, ...]]:
    """Return the rows of a statement that reads the relation of `rows`."""
    if rows.parts is not None:
        return rows.parts.groups(groups)
    return connection.execute(groups.text, groups.values).fetchall()
