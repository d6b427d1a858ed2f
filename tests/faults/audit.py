"""Read everything back, and compare it with what the server acknowledged to the clients."""

import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from tests.faults import content
from tests.faults.expected_state import Change, ExpectedState
from tests.faults.load import DATASET, Client, Model
from tests.faults.server_under_test import Target

FAULTS = ("lost", "doubled", "wrong", "refused and there", "half there")
_IN_FLIGHT = "inference_events_http_bodies_in_flight_bytes"


def audit(server: Target, clients: Sequence[Client], scratch: Path) -> Counter[str]:
    """Compare what is stored with the expected states of paused clients, and count FAULTS and what was compared.

    Afterwards the result of each doubtful change is known, and the expected states contain it.
    """
    await_the_last_requests(server)
    counts: Counter[str] = Counter()
    for model_id, in_dataset in dict.fromkeys(map(_place, clients)):
        group = [client for client in clients if _place(client) == (model_id, in_dataset)]
        model = group[0].model
        stored = download(server, model, in_dataset, scratch)
        counts.update(compare(stored, [client.state for client in group], model.extras))
    return counts


def _place(client: Client) -> tuple[str, bool]:
    return client.model.id, client.in_dataset


def download(server: Target, model: Model, in_dataset: bool, scratch: Path) -> pa.Table:
    """Return all events of an environment of a model, with the time in seconds since 1970."""
    query: dict[str, Any] = {"model_id": model.id, "csv": False, "num_samples": 10_000_000, "env_type": "PRODUCTION"}
    if in_dataset:
        found = server.call("GET", f"/v3/models/{model.id}/environments")["items"]
        ids = [one["id"] for one in found if one["name"] == DATASET]
        if not ids:
            return _nothing(model.extras)
        query |= {"env_type": "PRE_PRODUCTION", "env_id": ids[0]}
    path = scratch / "stored.parquet"
    with server.client.stream("POST", "/v3/analytics/download-slice-data", json=query, timeout=600) as response:
        if response.status_code == 404:
            return _nothing(model.extras)
        assert response.status_code == 200, response.read()
        with path.open("wb") as file:
            for chunk in response.iter_bytes():
                file.write(chunk)
    return pq.read_table(path)


def compare(stored: pa.Table, states: Sequence[ExpectedState], extras: int) -> Counter[str]:
    """Count the differences between stored and expected events, after settling doubtful changes."""
    with duckdb.connect() as db:
        db.execute("SET TimeZone = 'UTC'")
        db.register("downloaded", stored)
        db.execute("CREATE TABLE stored AS SELECT * REPLACE (epoch(time)::BIGINT AS time) FROM downloaded")
        half = sum(_settle_doubts(db, state, extras) for state in states)
        _expect(db, [state.expected() for state in states], extras)
        names = [*(column["name"] for column in content.columns(extras)), "time"]
        differs = " OR ".join(f's."{name}" IS DISTINCT FROM e."{name}"' for name in names)
        counts = {
            "compared": _number(db, "SELECT count(*) FROM expected"),
            "lost": _number(db, "SELECT count(*) FROM expected ANTI JOIN stored USING (id)"),
            "doubled": _number(db, "SELECT count(*) - count(DISTINCT id) FROM stored"),
            "refused and there": _number(db, "SELECT count(*) FROM stored ANTI JOIN expected USING (id)"),
            "wrong": _number(db, f"SELECT count(*) FROM expected e JOIN stored s USING (id) WHERE {differs}"),
            "half there": half,
        }
    return Counter(counts)


def _settle_doubts(db: duckdb.DuckDBPyConnection, state: ExpectedState, extras: int) -> int:
    """Settle doubtful changes. Return the number of events of changes that were made in part."""
    half = 0
    for change in list(state.doubtful):
        there = _number_there(db, state, change, extras)
        state.settle(change, there > 0)
        half += len(change.numbers) if 0 < there < len(change.numbers) else 0
    return half


def _number_there(db: duckdb.DuckDBPyConnection, state: ExpectedState, change: Change, extras: int) -> int:
    _expect(db, [state.expected_after(change)], extras)
    return _number(db, "SELECT count(*) FROM expected SEMI JOIN stored USING (id)")


def _expect(db: duckdb.DuckDBPyConnection, tables: Sequence[pa.Table], extras: int) -> None:
    db.register("expected", content.aligned(tables, extras))


def _number(db: duckdb.DuckDBPyConnection, sql: str) -> int:
    [(number,)] = db.execute(sql).fetchall()
    return int(number)


def _nothing(extras: int) -> pa.Table:
    fields = [(column["name"], pa.int64()) for column in content.columns(extras)]
    return pa.schema([*fields, ("time", pa.timestamp("us", "UTC"))]).empty_table()


def await_the_last_requests(server: Target) -> None:
    """Wait until the server has ended the requests whose clients hung up."""
    time.sleep(0.2)
    deadline = time.monotonic() + 60
    while server.gauge(_IN_FLIGHT):
        assert time.monotonic() < deadline, "a request does not end"
        time.sleep(0.05)
