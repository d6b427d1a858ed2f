"""Work on wide tables takes turns with the rest."""

from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from inference_events.events.types import Chunk, EventBatch, Write, WriteKind
from inference_events.stores.duckdb.commands import ApplySchema, EndJob
from inference_events.stores.duckdb.turns import WIDE_COLUMNS, take_turns


class Waiting(NamedTuple):
    name: str
    work: Any


def write(name: str, model_id: str, columns: int = 1, chunk: Chunk | None = None) -> Waiting:
    values = pa.table({f"c{number}": pa.array([1.0]) for number in range(columns)})
    batch = EventBatch(0, pa.table({"event_id": ["a"]}), values, {}, 1)
    return Waiting(name, Write(model_id, "environment", WriteKind.PUBLISH, batch, 0, chunk=chunk))


def schema(name: str, model_id: str, columns: int) -> Waiting:
    fields = pa.schema([(f"c{number}", pa.float64()) for number in range(columns)])
    return Waiting(name, ApplySchema(model_id, 0, fields, ()))


def names(*waiting: Waiting) -> list[list[str]]:
    return [[task.name for task in group] for group in take_turns(waiting)]


def test_without_wide_work_all_is_one_group() -> None:
    """Usual work keeps its order and is committed together."""
    work = write("a", "m1"), schema("b", "m2", 3), Waiting("c", EndJob("job")), write("d", "m1")
    assert names(*work) == [["a", "b", "c", "d"], [], []]


def test_requests_to_other_models_pass_wide_work() -> None:
    """They are committed before it, and it is committed alone, one piece at a time."""
    work = (
        write("first", "m1"),
        write("wide", "m2", WIDE_COLUMNS),
        schema("wide too", "m3", WIDE_COLUMNS),
        write("passes", "m1"),
        write("wide as well", "m4", WIDE_COLUMNS),
        write("passes too", "m5"),
    )
    assert names(*work) == [["first", "passes", "passes too"], ["wide"], ["wide too", "wide as well"]]


def test_what_depends_on_order_keeps_it() -> None:
    """Work on the model of wide work stays behind it, and so do jobs, and what follows on either."""
    chunk = Chunk("job", 1, 0, 1, np.zeros(1, np.int64))
    work = (
        write("wide", "m1", WIDE_COLUMNS),
        schema("same model", "m1", 1),
        write("same model too", "m1"),
        write("chunk", "m2", chunk=chunk),
        write("after the chunk", "m2"),
        Waiting("end", EndJob("job")),
    )
    assert names(*work) == [[], ["wide"], ["same model", "same model too", "chunk", "after the chunk", "end"]]
