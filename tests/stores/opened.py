"""A store as the tests use it: rows in as dicts, events out as dicts."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import orjson
import pyarrow as pa
import xxhash

from inference_events.events.store import Store
from inference_events.events.types import (
    SYSTEM_SCHEMA,
    Chunk,
    Deletion,
    EventBatch,
    IdempotencyRecord,
    Query,
    RecordOfRows,
    RejectedRow,
    RetryKey,
    RowStatus,
    Statuses,
    Write,
    WriteKind,
)

Row: TypeAlias = Mapping[str, Any]
Event: TypeAlias = dict[str, Any]

MODEL = "5b1b1c62-5f4d-4c53-9f3e-0f6a2f0b7a11"
SCHEMA = pa.schema([("x", pa.float64()), ("n", pa.int64()), ("label", pa.bool_()), ("name", pa.string())])
TARGETS = ("label", "n")
SECOND = 1_000_000
NOW = 1_700_000_000 * SECOND
UNHASHED = ("id", "received_at", "violations", "raw")
EVERYTHING = 10_000


class Opened:
    """Writes to and reads from one model of a store that can be closed and opened again."""

    def __init__(self, engine: Callable[[Path], Store], directory: Path) -> None:
        self._engine = engine
        self._directory = directory
        self._environments = count()
        self._job_numbers = count()
        self.jobs: dict[int, str] = {}
        self.schema = SCHEMA
        self.revision = 1
        self.store = engine(directory)
        self.store.apply_schema(MODEL, 1, SCHEMA, TARGETS).result()

    def reopen(self) -> None:
        self.store.close()
        self.store = self._engine(self._directory)

    def define(self, *targets: str, **types: pa.DataType) -> None:
        """Give the model exactly these columns, and these targets among them."""
        schema = pa.schema(types.items())
        self.store.apply_schema(MODEL, self.revision + 1, schema, targets).result()
        self.revision += 1
        self.schema = schema

    def environment(self) -> str:
        """Return an environment in which nothing is stored."""
        return f"environment-{next(self._environments)}"

    def batch(self, rows: Sequence[Row]) -> EventBatch:
        return batch(rows, self.schema, self.revision)

    def write_of(self, kind: WriteKind, rows: Sequence[Row], environment: str = "production", **more: Any) -> Write:
        return Write(MODEL, environment, kind, self.batch(rows), more.pop("received_at", NOW), **more)

    def write(self, kind: WriteKind, rows: Sequence[Row], environment: str = "production", **more: Any) -> list[str]:
        """Write rows and return what became of them, in lower case."""
        return names(self.store.write(self.write_of(kind, rows, environment, **more)).result())

    def publish(self, *rows: Row, environment: str = "production", **more: Any) -> list[str]:
        return self.write(WriteKind.PUBLISH, rows, environment, **more)

    def append(self, *rows: Row, environment: str = "dataset", **more: Any) -> list[str]:
        return self.write(WriteKind.APPEND, rows, environment, **more)

    def update(self, *rows: Row, environment: str = "production", **more: Any) -> list[str]:
        return self.write(WriteKind.UPDATE, rows, environment, **more)

    def accept_job(self, job_id: str | None = None) -> int:
        """Open a job of the model and return its epoch."""
        job_id = job_id or f"job-{next(self._job_numbers)}"
        epoch = self.store.accept_job(MODEL, job_id).result()
        self.jobs[epoch] = job_id
        return epoch

    def end_job(self, epoch: int) -> None:
        self.store.end_job(self.jobs[epoch]).result()

    def delete(self, epoch: int, environment: str = "production", fence: int = 0, **selected: Any) -> int:
        """Delete events by the job that was accepted at an epoch."""
        return self.store.delete(Deletion(MODEL, environment, epoch, self.jobs[epoch], fence, **selected)).result()

    def read(self, environment: str = "production", **selected: Any) -> list[Event]:
        """Return events as dicts: `values` and `labels` without nulls, times in microseconds, violations as tuples."""
        stored = self.store.read(Query(MODEL, environment, selected.pop("limit", EVERYTHING), **selected))
        labels = stored.labelled_at.to_pylist() or [{}] * len(stored.system)
        rows = zip(stored.system.to_pylist(), stored.values.to_pylist(), labels, strict=True)
        return [_event(*row) for row in rows]

    def event(self, event_id: str, environment: str = "production") -> Event:
        [event] = self.read(environment, event_ids=[event_id])
        return event

    def ids(self, environment: str = "production", **selected: Any) -> list[str]:
        return [event["id"] for event in self.read(environment, **selected)]

    def count(self, environment: str = "production") -> int:
        return self.store.count(MODEL, environment)


def batch(rows: Sequence[Row], schema: pa.Schema, revision: int, hash_version: int = 1) -> EventBatch:
    """Make a batch of rows.

    A row has an `id`, and may have `at` (microseconds), `received_at`, `extra` (undeclared columns), `violations` (by
    column), `raw` (what was sent for `name`, of another type) and declared columns; what it has, null or not, it
    carries.
    """
    system = pa.table(
        [
            pa.array([row["id"] for row in rows], pa.string()),
            pa.array([row.get("at") for row in rows], pa.timestamp("us")),
            pa.array([row.get("received_at", NOW) for row in rows], pa.timestamp("us")),
            pa.array([_content_hash(row) for row in rows], pa.uint64()),
            pa.array([orjson.dumps(row["extra"]).decode() if "extra" in row else None for row in rows], pa.string()),
            pa.array([_violations(row) for row in rows], SYSTEM_SCHEMA.field("violations").type),
        ],
        schema=SYSTEM_SCHEMA,
    )
    values = [pa.array([row.get(field.name) for row in rows], field.type) for field in schema]
    carried = {name: np.array([name in row for row in rows], bool) for name in schema.names}
    return EventBatch(revision, system, pa.table(values, schema=schema), carried, hash_version)


def chunk(
    job_id: str,
    rows: Sequence[int],
    rejected: Sequence[RejectedRow] = (),
    end: int | None = None,
    start: int = 0,
    fence: int = 0,
) -> Chunk:
    return Chunk(job_id, fence, start, rows[-1] + 1 if end is None else end, np.array(rows, np.int64), rejected)


class HookedRecords(Sequence[RecordOfRows]):
    """Records of a write that call `hook` in its transaction, after its rows are written and before the commit."""

    def __init__(self, hook: Callable[[], object], records: Sequence[RecordOfRows] = ()) -> None:
        self._records = records
        self._hook = hook
        self._times = 0

    def __len__(self) -> int:
        return len(self._records)

    def __getitem__(self, index: Any) -> Any:
        return self._records[index]

    def __iter__(self) -> Iterator[RecordOfRows]:
        # The first time the store looks for idempotency keys, before it writes; after that it adds the statuses.
        self._times += 1
        if self._times > 1:
            self._hook()
        return iter(self._records)


def broken_records() -> HookedRecords:
    """Return records that make their write fail."""
    return HookedRecords(lambda: 1 / 0)


@dataclass(frozen=True)
class Asked:
    """What a retry record is found by."""

    key: str | None = None
    digest: bytes = b"digest"
    token: str = "token"
    path: str = "/v3/events"

    def record(self, response: bytes, created_at: int = NOW) -> IdempotencyRecord:
        return IdempotencyRecord(self.token, "POST", self.path, self.key, self.digest, response, created_at)

    @property
    def retry_key(self) -> RetryKey:
        return RetryKey(self.token, "POST", self.path, self.key)

    def records(self, response: bytes, created_at: int = NOW, rows: int = 1) -> list[RecordOfRows]:
        """Return the record of a request that brought the first rows of a batch."""
        return [RecordOfRows(self.record(response, created_at), 0, rows)]

    def find(self, store: Store) -> bytes | None:
        """Return the recorded response."""
        found = store.find_record(self.retry_key, self.digest)
        return None if found is None else found.response


def names(statuses: Statuses) -> list[str]:
    return [RowStatus(status).name.lower() for status in statuses]


def _content_hash(row: Row) -> int:
    content = {name: value for name, value in row.items() if name not in UNHASHED and value is not None}
    return xxhash.xxh3_64_intdigest(orjson.dumps(content, option=orjson.OPT_SORT_KEYS))


def _violations(row: Row) -> list[dict[str, Any]]:
    found: Mapping[str, str] = row.get("violations", {})
    mistyped = [{"column": "name", "kind": "type", "value": row["raw"]}] if "raw" in row else []
    return [{"column": column, "kind": kind, "value": None} for column, kind in found.items()] + mistyped


def _event(system: Row, values: Row, labels: Row) -> Event:
    updated = system["updated_at"]
    return {
        "id": system["event_id"],
        "at": _microseconds(system["timestamp"]),
        "received_at": _microseconds(system["received_at"]),
        "updated_at": None if updated is None else _microseconds(updated),
        "extra": orjson.loads(system["undeclared"] or "{}"),
        "violations": {(violation["column"], violation["kind"]) for violation in system["violations"]},
        "values": {name: value for name, value in values.items() if value is not None},
        "labels": {name: _microseconds(time) for name, time in labels.items() if time is not None},
    }


def _microseconds(moment: datetime) -> int:
    return round(moment.replace(tzinfo=UTC).timestamp() * SECOND)
