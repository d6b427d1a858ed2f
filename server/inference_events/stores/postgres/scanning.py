"""Read any number of events in order, in parts that fit into memory, from one snapshot."""

from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa

from inference_events.events.store_errors import RevisionChanged
from inference_events.events.types import Scan, StoredEvents
from inference_events.stores.postgres.clocks import read_clock
from inference_events.stores.postgres.connections import Connection
from inference_events.stores.postgres.decoding import read_all
from inference_events.stores.postgres.rows import Row, event_ids, times
from inference_events.stores.postgres.schemas import Column, Schemas
from inference_events.stores.postgres.selecting import EVENT_ID, in_range

PART_BYTES = 64 * 1024 * 1024
FETCHED_ROWS = 2000
# The same in every PostgreSQL version that has hash partitions.
ID_HASH = "hashtextextended(e.event_id, 0)"


def scan_parts(db: Connection, schemas: Schemas, scan: Scan) -> Iterator[StoredEvents]:
    """Yield the parts of a scan, within a transaction of one snapshot. Raises ModelUnknown and RevisionChanged."""
    clock = read_clock(db, scan.model_id, scan.environment_id)
    if clock.revision != scan.revision:
        raise RevisionChanged
    schema = schemas.get(db, scan.model_id, clock.revision, clock.schema_version)
    columns = [schema.by_name[name] for name in scan.columns]
    where, parameters = in_range(scan.start, scan.end)
    where, parameters = f"e.environment = %s{where}", [clock.environment, *parameters]
    where, parameters = _sampled(db, scan.most, where, parameters)
    part: list[StoredEvents] = []
    size = 0
    for rows in _fetched(db, columns, where, parameters):
        part.append(_decoded(columns, rows))
        size += part[-1].system.nbytes + part[-1].values.nbytes
        if size >= PART_BYTES:
            yield _joined(part)
            part, size = [], 0
    if part:
        yield _joined(part)


def _sampled(db: Connection, most: int, where: str, parameters: list[Any]) -> tuple[str, list[Any]]:
    """Keep as many rows as the scan wants: those whose ids have the smallest hashes."""
    more = db.execute(f"SELECT 1 FROM events e WHERE {where} LIMIT 1 OFFSET %s", [*parameters, most]).fetchone()
    if more is None:
        return where, parameters
    [(bound,)] = db.execute(
        f"SELECT {ID_HASH} AS hash FROM events e WHERE {where} ORDER BY hash LIMIT 1 OFFSET %s",
        [*parameters, most],
    ).fetchall()
    return f"{where} AND {ID_HASH} < %s", [*parameters, bound]


def _fetched(db: Connection, columns: Sequence[Column], where: str, parameters: list[Any]) -> Iterator[list[Row]]:
    payloads = sorted({column.payload for column in columns})
    selected = ", ".join(["e.event_id", "e.long_id", "e.ts", *(f"e.{name}" for name in payloads)])
    db.execute(
        f"DECLARE scan NO SCROLL CURSOR FOR SELECT {selected} FROM events e WHERE {where} ORDER BY e.ts, {EVENT_ID}",
        parameters,
    )
    while rows := db.execute(f"FETCH FORWARD {FETCHED_ROWS} FROM scan").fetchall():
        yield rows


def _decoded(columns: Sequence[Column], rows: Sequence[Row]) -> StoredEvents:
    _, _, ts, *packed = zip(*rows, strict=True)
    system = pa.table({"event_id": event_ids(rows), "timestamp": times(ts)})
    stored = dict(zip(sorted({column.payload for column in columns}), packed, strict=True))
    schema = pa.schema([(column.name, column.arrow) for column in columns])
    return StoredEvents(system, pa.table(read_all(columns, stored), schema=schema))


def _joined(parts: Sequence[StoredEvents]) -> StoredEvents:
    system = pa.concat_tables([part.system for part in parts])
    return StoredEvents(system, pa.concat_tables([part.values for part in parts]))
