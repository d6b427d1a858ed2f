"""Rows as JSON, CSV and Parquet for the tests of `ingest`, and their results in plain Python."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
import pyarrow as pa

from inference_events.events.ingest.batch import Defaults, Ingested, ingest_published, ingest_updates
from inference_events.events.ingest.rows import IncomingRows, JsonRows, TableRows
from inference_events.models.schema import ModelSchema, model_schema

RECEIVED = 1_700_000_000_000_000
MADE = Defaults(b"seed", RECEIVED)


def schema(
    *columns: Mapping[str, Any],
    task: str = "regression",
    task_params: Mapping[str, Any] | None = None,
    spec: Mapping[str, Any] | None = None,
    id_column: str | None = "id",
    timestamp_column: str | None = "ts",
    timestamp_format: str | None = None,
) -> ModelSchema:
    """Prepare a model of these columns, each as on the wire."""
    return model_schema(
        model_id="5b1b1c62-5f4d-4c53-9f3e-0f6a2f0b7a11",
        revision=1,
        schema={"columns": columns},
        spec=spec or {},
        task=task,
        task_params=task_params or {},
        event_id_col=id_column,
        event_ts_col=timestamp_column,
        event_ts_format=timestamp_format,
    )


def column(data_type: str, name: str = "c", **more: Any) -> dict[str, Any]:
    return {"name": name, "data_type": data_type, **more}


def csv_rows(cells: Mapping[str, Sequence[str]]) -> TableRows:
    """Give rows as they come from a CSV file: text only."""
    return TableRows(pa.table({name: pa.array(column, pa.string()) for name, column in cells.items()}), is_csv=True)


def parquet_rows(columns: Mapping[str, Any]) -> TableRows:
    return TableRows(pa.table(columns), is_csv=False)


def published(
    rows: IncomingRows | Sequence[Mapping[str, Any]], schema: ModelSchema, makes_missing_ids: bool = False
) -> Ingested:
    """Ingest rows to publish; events given as dicts are JSON."""
    incoming = JsonRows(rows) if isinstance(rows, Sequence) else rows
    return ingest_published(incoming, schema, MADE, makes_missing_ids=makes_missing_ids)


def updated(rows: IncomingRows | Sequence[Mapping[str, Any]], schema: ModelSchema) -> Ingested:
    incoming = JsonRows(rows, unwraps=schema.unwrapped) if isinstance(rows, Sequence) else rows
    return ingest_updates(incoming, schema, MADE)


def values(ingested: Ingested, name: str = "c") -> list[Any]:
    """Return a column's typed values."""
    listed: list[Any] = ingested.batch.values[name].to_pylist()
    return listed


def violations(ingested: Ingested, name: str = "c") -> list[dict[str, Any]]:
    """Return for each row its violations of a column: kind to raw value, None if there is none."""
    rows = ingested.batch.system["violations"].to_pylist()
    return [{v["kind"]: v["value"] and orjson.loads(v["value"]) for v in row if v["column"] == name} for row in rows]


def violation_counts(ingested: Ingested) -> list[tuple[str, str, int]]:
    """Return column, kind and number of the violations that were found."""
    return [(name, kind, len(rows)) for name, kind, rows in ingested.violations.rows_by_name()]


def undeclared(ingested: Ingested) -> list[Any]:
    return [text and orjson.loads(text) for text in ingested.batch.system["undeclared"].to_pylist()]


def carried(ingested: Ingested, name: str = "c") -> list[bool]:
    flags: list[bool] = ingested.batch.carried[name].tolist()
    return flags


def timestamps(ingested: Ingested) -> list[int | None]:
    """Return timestamps in microseconds since 1970."""
    times: list[int | None] = ingested.batch.system["timestamp"].cast(pa.int64()).to_pylist()
    return times


def hashes(ingested: Ingested) -> list[int]:
    listed: list[int] = ingested.batch.system["content_hash"].to_pylist()
    return listed
