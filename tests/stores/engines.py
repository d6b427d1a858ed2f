"""The engines that the contract suite holds to the contract. A further one is one more entry of `ENGINES`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from inference_events.events.store import Store
from inference_events.stores.duckdb import DuckDBEventStore
from inference_events.stores.duckdb.writer import MAX_DELTAS
from tests.stores.databases import open_pooled_postgres, open_postgres


@dataclass(frozen=True)
class Engine:
    """How tests open an engine's store, with what it keeps in a directory of the test.

    `small_parts` are the engine's constants, with values at which a part of a scan holds fewer than 400 small events.
    """

    open: Callable[[Path], Store]
    small_parts: Mapping[str, int]


def open_duckdb(directory: Path, max_deltas: int = MAX_DELTAS) -> Store:
    return DuckDBEventStore(directory / "events.duckdb", max_deltas)


SCANNING = "inference_events.stores.duckdb.scanning"
SNAPSHOTS = "inference_events.stores.duckdb.snapshots"
SMALL_PARTS = {
    f"{SCANNING}.PART_BYTES": 2000,
    f"{SCANNING}.SMALL_PART_ROWS": 10,
    f"{SNAPSHOTS}.BATCH_BYTES": 2000,
}
DUCKDB = Engine(open_duckdb, SMALL_PARTS)
DUCKDB_FEW_DELTAS = Engine(partial(open_duckdb, max_deltas=1), SMALL_PARTS)

POSTGRES_SCANNING = "inference_events.stores.postgres.scanning"
POSTGRES_SNAPSHOTS = "inference_events.stores.postgres.snapshots"
POSTGRES_SEARCHING = "inference_events.stores.postgres.searching"
POSTGRES_SMALL_PARTS = {
    f"{POSTGRES_SCANNING}.PART_BYTES": 2000,
    f"{POSTGRES_SCANNING}.FETCHED_ROWS": 50,
    f"{POSTGRES_SNAPSHOTS}.BATCH_BYTES": 2000,
    f"{POSTGRES_SNAPSHOTS}.FETCHED_ROWS": 50,
    f"{POSTGRES_SEARCHING}.FETCHED_ROWS": 50,
}
POSTGRES = Engine(open_postgres, POSTGRES_SMALL_PARTS)
POSTGRES_POOLED = Engine(open_pooled_postgres, POSTGRES_SMALL_PARTS)

ENGINES = {
    "duckdb": DUCKDB,
    "duckdb, few deltas": DUCKDB_FEW_DELTAS,
    "postgres": POSTGRES,
    "postgres, pooled": POSTGRES_POOLED,
}
# They need a program that the machine may lack, and a database for each test: make test-cluster, make test-faults.
FAULTS = {"postgres, pooled"}
