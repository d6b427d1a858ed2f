"""Search events with filters: PostgreSQL cannot read payloads, so they are decoded here, some rows at a time.

A page reads events in order and stops once it has enough. So a frequent value costs little, and a rare one costs the
decoding of all events before it, but of the filters' columns only. The deadline ends the search at a place from which
another search can go on.
"""

import time
from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from inference_events.events.filters import compared_columns, system_columns, undeclared_columns
from inference_events.events.types import VIOLATIONS, MatchCount, Place, Query
from inference_events.stores.filtering import TableFilter
from inference_events.stores.postgres.connections import POSTGRES_EPOCH, Connection
from inference_events.stores.postgres.decoding import read_columns
from inference_events.stores.postgres.escaping import unescape
from inference_events.stores.postgres.payloads import unpack_bytes
from inference_events.stores.postgres.rows import Row, read_violations
from inference_events.stores.postgres.schemas import Column, EventSchema
from inference_events.stores.postgres.selecting import conditions, order

FETCHED_ROWS = 2000
COUNTED_ROWS = 50_000
KEY_COLUMNS = ("e.event_id", "e.long_id", "e.ts")
SYSTEM_COLUMNS = {"violations": "e.violations::text", "undeclared": "e.undeclared"}


@dataclass(frozen=True)
class Matches:
    """The keys of events that match. `searched_to` is as in StoredEvents."""

    keys: list[str]
    searched_to: Place | None


def find_matches(db: Connection, schema: EventSchema, query: Query, environment: int | None) -> Matches:
    """Return the first events in order that match, up to the query's limit."""
    keys: list[str] = []
    with closing(_searched(db, schema, query, environment, order(query))) as parts:
        for rows, is_selected in parts:
            keys += [row[0] for row, is_match in zip(rows, is_selected, strict=True) if is_match]
            if len(keys) >= query.limit:
                break
            if time.monotonic() >= query.deadline:
                return Matches(keys, _place(rows[-1]))
    return Matches(keys[: query.limit], None)


def count_filtered(
    db: Connection, schema: EventSchema, query: Query, environment: int | None, most: int | None
) -> MatchCount:
    """Count the events that match."""
    total = 0
    with closing(_searched(db, schema, query, environment, "")) as parts:
        for _, is_selected in parts:
            total += sum(is_selected)
            if most is not None and total > most:
                return MatchCount(most, is_exact=False)
            if time.monotonic() >= query.deadline:
                return MatchCount(total, is_exact=False)
    return MatchCount(total, is_exact=True)


def count_unfiltered(db: Connection, query: Query, environment: int | None, most: int | None) -> MatchCount:
    """Count the events of a query without filters, some at a time, so that the deadline can end it."""
    where, parameters = conditions(query)
    db.execute(
        f"DECLARE counted NO SCROLL CURSOR FOR SELECT 1 FROM events e WHERE e.environment = %s{where}",
        [environment, *parameters],
    )
    total = 0
    while moved := db.execute(f"MOVE FORWARD {COUNTED_ROWS} FROM counted").rowcount:
        total += moved
        if most is not None and total > most:
            return MatchCount(most, is_exact=False)
        if time.monotonic() >= query.deadline:
            return MatchCount(total, is_exact=False)
    return MatchCount(total, is_exact=True)


def _searched(
    db: Connection, schema: EventSchema, query: Query, environment: int | None, end: str
) -> Generator[tuple[list[Row], list[bool]], None, None]:
    """Yield rows that begin with KEY_COLUMNS, and whether each matches."""
    where, parameters = conditions(query)
    with closing(_Decoder(schema, query)) as decoder:
        db.execute(
            f"DECLARE search NO SCROLL CURSOR FOR SELECT {decoder.selected} FROM events e"
            f" WHERE e.environment = %s{where}{end}",
            [environment, *parameters],
        )
        while rows := db.execute(f"FETCH FORWARD {FETCHED_ROWS} FROM search").fetchall():
            yield rows, decoder.select(rows)


class _Decoder:
    """Decodes what filters need of rows, and evaluates them."""

    def __init__(self, schema: EventSchema, query: Query) -> None:
        looked_for = undeclared_columns(query.filters)
        self._declared = [schema.by_name[name] for name in compared_columns(query.filters)]
        self._dropped = [column for column in schema.dropped if column.name in looked_for]
        self._system = system_columns(query.filters)
        self._filter = TableFilter(query.filters, _names(self._declared), _names(self._dropped))
        self._types: dict[str, dict[int, pa.DataType]] = {}
        for column in (*self._declared, *self._dropped):
            self._types.setdefault(column.payload, {})[column.index] = column.arrow
        system = (SYSTEM_COLUMNS[name] for name in self._system)
        self.selected = ", ".join([*KEY_COLUMNS, *system, *(f"e.{name}" for name in self._types)])

    def select(self, rows: Sequence[Row]) -> list[bool]:
        """Return for each row whether it matches."""
        ids, _, _, *fetched = zip(*rows, strict=True)
        count = len(self._system)
        system = {name: _system(name, column) for name, column in zip(self._system, fetched, strict=False)}
        # The filter needs a column even if it reads none.
        system["row"] = pa.nulls(len(ids))
        values = {
            (payload, index): array
            for (payload, types), stored in zip(self._types.items(), fetched[count:], strict=True)
            for index, array in read_columns(stored, types).items()
        }
        declared = [values[column.payload, column.index] for column in self._declared]
        return self._filter.select(declared, [values[each.payload, each.index] for each in self._dropped], system)

    def close(self) -> None:
        self._filter.close()


def _names(columns: Sequence[Column]) -> list[str]:
    return [column.name for column in columns]


def _system(name: str, column: Sequence[Any]) -> pa.Array:
    if name == "violations":
        return pa.array([read_violations(each) for each in column], VIOLATIONS)
    return pa.array([None if each is None else unpack_bytes(each).decode() for each in column], pa.string())


def _place(row: Row) -> Place:
    key, long_id, time, *_ = row
    return time + POSTGRES_EPOCH, unescape(key if long_id is None else long_id)
