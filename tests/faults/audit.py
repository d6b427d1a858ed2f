"""Reading everything back, and comparing it with what the clients were told."""

import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from tests.faults import content
from tests.faults.ledger import Change, Ledger
from tests.faults.load import DATASET, Client, Model
from tests.faults.subject import Target

FAULTS = ("lost", "doubled", "wrong", "refused and there", "half there")
_IN_FLIGHT = "inference_events_http_bodies_in_flight_bytes"


def audit(server: Target, clients: Sequence[Client], scratch: Path) -> Counter[str]:
    """Compare what is stored with the ledgers of clients that rest, and count FAULTS and what was compared.

    What was in doubt is known afterwards, and a ledger then counts on it.
    """
    await_the_last_requests(server)
    counts: Counter[str] = Counter()
    for model_id, in_dataset in dict.fromkeys(map(_place, clients)):
        group = [client for client in clients if _place(client) == (model_id, in_dataset)]
        model = group[0].model
        stored = download(server, model, in_dataset, scratch)
        counts.update(compare(stored, [client.ledger for client in group], model.extras))
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
    with server.client.stream("POST", "/v3/analytics/download-slice-data", json=query, timeout=600) as answer:
        if answer.status_code == 404:
            return _nothing(model.extras)
        assert answer.status_code == 200, answer.read()
        with path.open("wb") as file:
            for chunk in answer.iter_bytes():
                file.write(chunk)
    return pq.read_table(path)


def compare(stored: pa.Table, ledgers: Sequence[Ledger], extras: int) -> Counter[str]:
    """Count what differs between stored events and ledgers, after settling what was in doubt."""
    with duckdb.connect() as db:
        db.execute("SET TimeZone = 'UTC'")
        db.register("downloaded", stored)
        db.execute("CREATE TABLE stored AS SELECT * REPLACE (epoch(time)::BIGINT AS time) FROM downloaded")
        half = sum(_settle_doubts(db, ledger, extras) for ledger in ledgers)
        _expect(db, [ledger.expected() for ledger in ledgers], extras)
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


def _settle_doubts(db: duckdb.DuckDBPyConnection, ledger: Ledger, extras: int) -> int:
    """Find out what became of requests in doubt. Return how many events are of one that happened by halves."""
    half = 0
    for change in list(ledger.doubtful):
        there = _number_there(db, ledger, change, extras)
        ledger.settle(change, there > 0)
        half += len(change.numbers) if 0 < there < len(change.numbers) else 0
    return half


def _number_there(db: duckdb.DuckDBPyConnection, ledger: Ledger, change: Change, extras: int) -> int:
    _expect(db, [ledger.expected_after(change)], extras)
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
    """Wait until nothing is under way that a client hung up on."""
    time.sleep(0.2)
    deadline = time.monotonic() + 60
    while server.gauge(_IN_FLIGHT):
        assert time.monotonic() < deadline, "a request does not end"
        time.sleep(0.05)
