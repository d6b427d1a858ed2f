"""Read events: pages and counts, each from one snapshot."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import orjson
import pyarrow as pa

from inference_events import exact_json
from inference_events.events.types import Query, StoredEvents
from inference_events.stores.postgres.clocks import read_clock
from inference_events.stores.postgres.connections import Connection, Timestamp
from inference_events.stores.postgres.escaping import escape, event_key
from inference_events.stores.postgres.rows import FetchedRows, payloads_of, selected
from inference_events.stores.postgres.schemas import EventSchema, Schemas

READ_COLUMNS = ("event_id", "timestamp", "received_at", "updated_at", "undeclared", "violations")
# The id, even if its key does not contain all of it.
EVENT_ID = "coalesce(e.long_id, e.event_id)"


def read_events(db: Connection, schemas: Schemas, query: Query) -> StoredEvents:
    """Return the events that a query selects. Raises ModelUnknown."""
    clock = read_clock(db, query.model_id, query.environment_id)
    schema = schemas.get(db, query.model_id, clock.revision, clock.schema_version)
    payloads = payloads_of(schema.columns)
    where, parameters = _conditions(query)
    rows = db.execute(
        f"SELECT {selected(payloads)} FROM events e WHERE e.environment = %s{where} ORDER BY e.ts, {EVENT_ID} LIMIT %s",
        [clock.environment, *parameters, query.limit],
    ).fetchall()
    return _stored_events(schema, FetchedRows(rows, payloads))


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


def in_range(start: int | None, end: int | None) -> tuple[str, list[Any]]:
    """Return further conditions on table `e`: the start is inclusive, the end exclusive."""
    where, parameters = "", []
    for bound, operator in ((start, ">="), (end, "<")):
        if bound is not None:
            where += f" AND e.ts {operator} %s"
            parameters.append(Timestamp(bound))
    return where, parameters


def _count(db: Connection, environment: int | None, where: str, parameters: Sequence[Any]) -> int:
    [(count,)] = db.execute(
        f"SELECT count(*) FROM events e WHERE e.environment = %s{where}", [environment, *parameters]
    ).fetchall()
    return int(count)


def _conditions(query: Query) -> tuple[str, list[Any]]:
    where, parameters = in_range(query.start, query.end)
    if query.event_ids is not None:
        where += " AND e.event_id = ANY(%s)"
        parameters.append([event_key(each) for each in query.event_ids])
    if query.after is not None:
        time, event_id = query.after
        # Only the first condition can use the index.
        where += f" AND e.ts >= %s AND (e.ts, {EVENT_ID}) > (%s, %s)"
        parameters += [Timestamp(time), Timestamp(time), escape(event_id)]
    return where, parameters


def _stored_events(schema: EventSchema, rows: FetchedRows) -> StoredEvents:
    values = rows.values(schema.columns)
    system = rows.system.select(list(READ_COLUMNS))
    if schema.dropped:
        kept = zip(system["undeclared"].to_pylist(), _dropped_values(schema, values), strict=True)
        merged = [_json(old | (exact_json.loads(text) if text else {})) for text, old in kept]
        system = system.set_column(4, "undeclared", pa.array(merged, pa.string()))
    labelled_at = pa.table(dict(rows.labels(schema.labelled, values)))
    return StoredEvents(system, values.select([column.name for column in schema.declared]), labelled_at)


def _dropped_values(schema: EventSchema, values: pa.Table) -> Iterator[dict[str, Any]]:
    names = [column.name for column in schema.dropped]
    for row in zip(*(values[name].to_pylist() for name in names), strict=True):
        yield {name: value for name, value in zip(names, row, strict=True) if value is not None}


def _json(extra: dict[str, Any]) -> str | None:
    return exact_json.dumps(extra, option=orjson.OPT_NAIVE_UTC | orjson.OPT_UTC_Z).decode() if extra else None
