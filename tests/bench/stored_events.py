"""Fill a model, and change or delete what it has stored."""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from tests.bench import workload
from tests.bench.report import Row
from tests.bench.server import Client

BATCH = 1000
RECENT = 10_000
MAX_DELETED_IDS = 10_000
FILE_ROWS = 1_000_000


def fill(folder: Path, server: Client, model_id: str, stored: int, wanted: int) -> float:
    """Publish files of the rows from `stored` up to `wanted`; return the seconds of their jobs."""
    source, seconds = folder / "filled.parquet", 0.0
    for start in range(stored, wanted, FILE_ROWS):
        workload.write_file(source, start, min(FILE_ROWS, wanted - start))
        seconds += server.publish_file(model_id, server.upload(source))
    return seconds


def requests_by_id(server: Client, model_id: str, stored: int, note: str) -> Iterator[tuple[str, bytes]]:
    """Yield a request of each kind, of 1,000 rows; the first stores new rows."""
    chosen = random.Random(note)
    recent = chosen.sample(range(max(0, stored - RECENT), stored), BATCH)
    scattered = chosen.sample(range(stored), BATCH)
    start = chosen.randrange(0, stored // 2)
    publishes = {"fresh POST": stored, "repeated POST, recent ids": stored - BATCH, "repeated POST, old ids": start}
    for kind, first in publishes.items():
        yield kind, server.publish_requests(workload.publish_bodies(model_id, first, 1, BATCH))[0]
    for kind, rows in {"PATCH, recent ids": recent, "PATCH, scattered ids": scattered}.items():
        yield kind, server.update_requests([workload.label_body(model_id, rows, note)])[0]


def deletions(server: Client, model_id: str, stored: int) -> Iterator[Row]:
    """Delete 10,000 ids and a thirtieth of the time of `stored` rows."""
    at = f"at {stored:,} rows"
    ids = workload.event_ids(random.Random(0).sample(range(stored), min(stored // 2, MAX_DELETED_IDS)))
    yield Row(f"DELETE of {len(ids):,} ids {at}", server.delete(model_id, event_ids=ids), "s", budget="<= 1")
    start = datetime.fromisoformat(workload.FIRST_TIME) + timedelta(seconds=stored // 3)
    end = start + timedelta(seconds=stored // 30)
    span = {"start_time": f"{start}", "end_time": f"{end}"}
    yield Row(f"DELETE of 1/30 of time {at}", server.delete(model_id, time_range=span), "s", budget="<= 2")
