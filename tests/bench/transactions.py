"""Writers of the store on PostgreSQL against COPY and a bare insert: 1,000 events a transaction, to one model."""

from collections.abc import Iterator

from tests.bench import copying
from tests.bench.cluster import MOST, NUMBERS, Model
from tests.bench.load import Load, Rounds
from tests.bench.report import Row, p50
from tests.bench.stored_events import BATCH
from tests.bench.writers import Writers, writing

TRANSACTIONS = 8
WORK = "PostgreSQL store, no server: transactions of 1,000 events"


def transactions(model: Model) -> Iterator[Row]:
    """Write by one, two and four processes to one model."""
    rounds = Rounds()
    with writing(model.replicas.database, model.environment, MOST) as writers:
        for turn in range(model.bench.rounds + 1):
            loads = _round(model, writers)
            if turn > 0:
                rounds.add(loads)
    latencies, copied = rounds.latencies("store 1"), rounds.latencies("COPY")
    yield Row(f"{WORK}, 1 writer", 1000 * p50(latencies), "ms p50", 1000 * p50(copied), "COPY", "<= 1.6", latencies)
    for number, budget in zip(NUMBERS, (">= 0.75", ">= 0.85", ""), strict=True):
        work = f"{WORK}, {number} writer{'s' * (number > 1)}"
        rate, bare = (BATCH * rounds.rate(f"{way} {number}") for way in ("store", "bare"))
        yield Row(work, rate, "events/s", bare, "bare insert", budget)
        if number > 1:
            yield Row(work, rate, "events/s", BATCH * rounds.rate("store 1"), "1 writer", ">= 1.5")


def _round(model: Model, writers: Writers) -> dict[str, Load]:
    loads = {"COPY": model.copy(TRANSACTIONS, BATCH, 1)}
    insert = copying.insert(model.environment.number)
    for number in NUMBERS:
        loads[f"bare {number}"] = model.commit(TRANSACTIONS * number, BATCH, number, insert)
        start = model.take(TRANSACTIONS * number * BATCH)
        loads[f"store {number}"] = writers.run(number, start, TRANSACTIONS, BATCH)
    return loads
