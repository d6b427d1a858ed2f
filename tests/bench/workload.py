"""The events of the benchmark: 20 columns, made from a row number, so that every form of a row is the same event."""

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import duckdb
import orjson
import pyarrow as pa
import pyarrow.parquet as pq

FLOATS = [f"feature_{number}" for number in range(10)]
INTEGERS = [f"count_{number}" for number in range(4)]
CARRIERS = ["AA", "DL", "UA", "WN"]
FIRST_TIME = "2025-01-01"

_EXPRESSIONS = {
    "id": "md5(n::VARCHAR)",
    "time": f"TIMESTAMP '{FIRST_TIME}' + to_microseconds(n * $step)",
    "label": "n % 7 = 0",
    "score": "hash(n, 'score') % 1000000 / 1e6",
    "carrier": f"({CARRIERS!r})[n % 4 + 1]",
    "note": "'note ' || hash(n, 'note') % 100000",
    **{name: f"hash(n, '{name}') % 1000000 / 1e3" for name in FLOATS},
    **{name: f"(hash(n, '{name}') % 1000)::BIGINT" for name in INTEGERS},
}


def model_fields() -> dict[str, Any]:
    """Return the fields of a model that has these columns."""
    types: dict[str, str] = {"id": "str", "label": "bool", "score": "float", "note": "str"}
    types |= dict.fromkeys(FLOATS, "float") | dict.fromkeys(INTEGERS, "int")
    columns: list[dict[str, Any]] = [{"name": name, "data_type": kind} for name, kind in types.items()]
    columns.append({"name": "carrier", "data_type": "category", "categories": CARRIERS})
    spec = {"inputs": [*FLOATS, *INTEGERS, "carrier"], "outputs": ["score"], "targets": ["label"]}
    return {"schema": {"columns": columns}, "spec": spec | {"metadata": ["id", "note"]}}


def table(start: int, count: int) -> pa.Table:
    """Return the events of `count` rows."""
    return duckdb.connect().sql(_query(start, count)).to_arrow_table()


def batches(start: int, count: int, size: int) -> list[pa.Table]:
    """Return `count` tables of `size` rows each."""
    rows = table(start, count * size)
    return [rows.slice(low, size) for low in range(0, len(rows), size)]


def write_file(path: Path, start: int, count: int, step: int = 1_000_000) -> None:
    """Write the events of `count` rows as the Parquet or CSV file that the suffix asks for.

    `step` is the time from one to the next in microseconds.
    """
    duckdb.connect().execute(f"COPY ({_query(start, count, step)}) TO '{path}' (FORMAT {path.suffix[1:]})")


def count_rows(path: Path) -> int:
    """Return the number of rows of a Parquet file."""
    return int(pq.read_metadata(path).num_rows)


def event_ids(rows: Iterable[int]) -> list[str]:
    return [hashlib.md5(str(row).encode()).hexdigest() for row in rows]


def publish_body(model_id: str, events: Sequence[dict[str, Any]]) -> bytes:
    """Return the body of a publish or update of `events`."""
    source = {"type": "EVENTS", "events": events}
    body = {"model_id": model_id, "env_type": "PRODUCTION", "source": source}
    return orjson.dumps(body, option=orjson.OPT_NAIVE_UTC)


def publish_bodies(model_id: str, start: int, requests: int, size: int) -> list[bytes]:
    """Return bodies of `size` events each, of consecutive rows."""
    return [publish_body(model_id, chunk) for chunk in events(start, requests, size)]


def events(start: int, count: int, size: int) -> list[list[dict[str, Any]]]:
    """Return `count` lists of `size` events each, of consecutive rows."""
    rows = table(start, count * size).to_pylist()
    return [rows[low : low + size] for low in range(0, len(rows), size)]


def label_body(model_id: str, rows: Iterable[int], note: str) -> bytes:
    """Return the body of an update that gives every row a label and a note."""
    return publish_body(model_id, [{"id": one, "label": True, "note": note} for one in event_ids(rows)])


def _query(start: int, count: int, step: int = 1_000_000) -> str:
    columns = ", ".join(f"{expression} AS {name}" for name, expression in _EXPRESSIONS.items())
    columns = columns.replace("$step", f"{step}")
    return f"SELECT {columns} FROM range({start}, {start + count}) rows(n)"
