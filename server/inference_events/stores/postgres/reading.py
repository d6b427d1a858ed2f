"""Read events: pages and counts, each from one snapshot."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import orjson
import pyarrow as pa

from inference_events import exact_json
from inference_events.events.types import MatchCount, Query, StoredEvents, Traffic
from inference_events.stores.postgres.changes import data_revision
from inference_events.stores.postgres.clocks import read_clock
from inference_events.stores.postgres.connections import POSTGRES_EPOCH, Connection
from inference_events.stores.postgres.rows import FetchedRows, payloads_of, selected
from inference_events.stores.postgres.schemas import Column, EventSchema, Schemas
from inference_events.stores.postgres.searching import count_filtered, count_unfiltered, find_matches
from inference_events.stores.postgres.selecting import conditions, in_range, order, schema_of

READ_COLUMNS = ("event_id", "timestamp", "received_at", "updated_at", "undeclared", "violations")


def read_events(db: Connection, schemas: Schemas, query: Query) -> StoredEvents:
    """Return the events that a query selects. Raises ModelUnknown and RevisionChanged."""
    schema, environment = schema_of(db, schemas, query)
    if not query.filters:
        where, parameters = conditions(query)
        return _read(db, schema, query, environment, f"{where}{order(query)} LIMIT %s", [*parameters, query.limit])
    matches = find_matches(db, schema, query, environment)
    found = _read(db, schema, query, environment, f" AND e.event_id = ANY(%s){order(query)}", [matches.keys])
    return replace(found, searched_to=matches.searched_to)


def count_matches(db: Connection, schemas: Schemas, query: Query, most: int | None) -> MatchCount:
    """Count the events that a query selects. Raises ModelUnknown and RevisionChanged."""
    schema, environment = schema_of(db, schemas, query)
    query = replace(query, after=None)
    if query.filters:
        return count_filtered(db, schema, query, environment, most)
    return count_unfiltered(db, query, environment, most)


def count_events(db: Connection, model_id: str, environment_id: str, start: int | None, end: int | None) -> int:
    """Return the number of events in a range. Raises ModelUnknown."""
    environment = read_clock(db, model_id, environment_id).environment
    return _count(db, environment, *in_range(start, end))


def count_all_events(db: Connection, model_id: str) -> Mapping[str, int]:
    """Return the number of events of each environment that has any. Raises ModelUnknown."""
    read_clock(db, model_id)
    environments = db.execute(
        "SELECT environment_id, number FROM event_environments WHERE model_id = %s AND dropped_at IS NULL", [model_id]
    ).fetchall()
    counted = {environment_id: _count(db, number, "", []) for environment_id, number in environments}
    return {environment_id: count for environment_id, count in counted.items() if count}


def read_traffic(db: Connection, model_id: str, environment_id: str, start: int | None, end: int | None) -> Traffic:
    """Return the traffic of an environment. Raises ModelUnknown."""
    environment = read_clock(db, model_id, environment_id).environment
    where, parameters = in_range(start, end)
    [(events, newest)] = db.execute(
        f"SELECT count(*), max(e.ts) FROM events e WHERE e.environment = %s{where}", [environment, *parameters]
    ).fetchall()
    time = None if newest is None else newest + POSTGRES_EPOCH
    return Traffic(events, time, data_revision(db, model_id, environment_id))


def _count(db: Connection, environment: int | None, where: str, parameters: Sequence[Any]) -> int:
    [(count,)] = db.execute(
        f"SELECT count(*) FROM events e WHERE e.environment = %s{where}", [environment, *parameters]
    ).fetchall()
    return int(count)


def _read(
    db: Connection, schema: EventSchema, query: Query, environment: int | None, end: str, parameters: Sequence[Any]
) -> StoredEvents:
    wanted = schema.declared if query.columns is None else [schema.by_name[name] for name in query.columns]
    needed = list(dict.fromkeys([*wanted, *schema.dropped, *schema.labelled]))
    payloads = payloads_of(needed)
    rows = db.execute(
        f"SELECT {selected(payloads)} FROM events e WHERE e.environment = %s{end}", [environment, *parameters]
    ).fetchall()
    return _stored_events(schema, FetchedRows(rows, payloads), needed, wanted)


def _stored_events(
    schema: EventSchema, rows: FetchedRows, columns: Sequence[Column], wanted: Sequence[Column]
) -> StoredEvents:
    values = rows.values(columns)
    system = rows.system.select(list(READ_COLUMNS))
    if schema.dropped:
        kept = zip(system["undeclared"].to_pylist(), _dropped_values(schema, values), strict=True)
        merged = [_json(old | (exact_json.loads(text) if text else {})) for text, old in kept]
        system = system.set_column(4, "undeclared", pa.array(merged, pa.string()))
    labelled_at = pa.table(dict(rows.labels(schema.labelled, values)))
    return StoredEvents(system, values.select([column.name for column in wanted]), labelled_at)


def _dropped_values(schema: EventSchema, values: pa.Table) -> Iterator[dict[str, Any]]:
    names = [column.name for column in schema.dropped]
    for row in zip(*(values[name].to_pylist() for name in names), strict=True):
        yield {name: value for name, value in zip(names, row, strict=True) if value is not None}


def _json(extra: dict[str, Any]) -> str | None:
    return exact_json.dumps(extra, option=orjson.OPT_NAIVE_UTC | orjson.OPT_UTC_Z).decode() if extra else None
