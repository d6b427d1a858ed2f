"""Commands on wide tables do not hold up the others."""

from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from inference_events.events.types import Chunk, EventBatch, Write, WriteKind
from inference_events.stores.duckdb.commands import ApplySchema, EndJob
from inference_events.stores.duckdb.scheduling import WIDE_COLUMNS, schedule


class Waiting(NamedTuple):
    name: str
    command: Any


def write(name: str, model_id: str, columns: int = 1, chunk: Chunk | None = None) -> Waiting:
    values = pa.table({f"c{number}": pa.array([1.0]) for number in range(columns)})
    batch = EventBatch(0, pa.table({"event_id": ["a"]}), values, {}, 1)
    return Waiting(name, Write(model_id, "environment", WriteKind.PUBLISH, batch, 0, chunk=chunk))


def schema(name: str, model_id: str, columns: int) -> Waiting:
    fields = pa.schema([(f"c{number}", pa.float64()) for number in range(columns)])
    return Waiting(name, ApplySchema(model_id, 0, fields, ()))


def names(*waiting: Waiting) -> list[list[str]]:
    return [[task.name for task in group] for group in schedule(waiting)]


def test_commands_on_narrow_tables_are_one_group() -> None:
    """Commands on narrow tables keep their order and are committed together."""
    commands = write("a", "m1"), schema("b", "m2", 3), Waiting("c", EndJob("job")), write("d", "m1")
    assert names(*commands) == [["a", "b", "c", "d"], [], []]


def test_requests_to_other_models_overtake_a_wide_table() -> None:
    """Requests to other models are committed before a command on a wide table, which is committed alone."""
    commands = (
        write("first", "m1"),
        write("wide", "m2", WIDE_COLUMNS),
        schema("wide too", "m3", WIDE_COLUMNS),
        write("passes", "m1"),
        write("wide as well", "m4", WIDE_COLUMNS),
        write("passes too", "m5"),
    )
    assert names(*commands) == [["first", "passes", "passes too"], ["wide"], ["wide too", "wide as well"]]


def test_dependent_commands_keep_their_order() -> None:
    """Commands on the same model, chunks of jobs, and commands that follow them do not overtake."""
    chunk = Chunk("job", 1, 0, 1, np.zeros(1, np.int64))
    commands = (
        write("wide", "m1", WIDE_COLUMNS),
        schema("same model", "m1", 1),
        write("same model too", "m1"),
        write("chunk", "m2", chunk=chunk),
        write("after the chunk", "m2"),
        Waiting("end", EndJob("job")),
    )
    assert names(*commands) == [[], ["wide"], ["same model", "same model too", "chunk", "after the chunk", "end"]]
