"""Which work goes next: work on wide tables never holds up the rest for longer than one piece of it takes.

The engine takes up to a second to create a table of 10,000 columns, or to insert one row. Such work is committed
alone. Before each piece of it, the writes of requests to other models pass. Everything else keeps its order: a job's
chunks, and all work on one model.
"""

from collections.abc import Sequence
from typing import Any, Protocol, TypeVar

from inference_events.events.types import Write
from inference_events.stores.duckdb.commands import ApplySchema

# From here on a table takes a tenth of a second.
WIDE_COLUMNS = 1_000


class Task(Protocol):
    """A piece of work that waits."""

    @property
    def work(self) -> Any: ...


T = TypeVar("T", bound=Task)


def take_turns(waiting: Sequence[T]) -> tuple[list[T], list[T], list[T]]:
    """Return the light work to commit together, at most one piece on a wide table to commit next, and the rest."""
    first = next((number for number, task in enumerate(waiting) if _is_wide(task.work)), len(waiting))
    light, wide = list(waiting[:first]), list(waiting[first : first + 1])
    kept: list[T] = []
    kept_models = {task.work.model_id for task in wide}
    for task in waiting[first + 1 :]:
        if _may_pass(task.work) and task.work.model_id not in kept_models:
            light.append(task)
        else:
            kept.append(task)
            kept_models.add(getattr(task.work, "model_id", None))
    return light, wide, kept


def _is_wide(work: Any) -> bool:
    match work:
        case Write():
            return len(work.batch.values.schema) >= WIDE_COLUMNS
        case ApplySchema():
            return len(work.schema) >= WIDE_COLUMNS
    return False


def _may_pass(work: Any) -> bool:
    return isinstance(work, Write) and work.chunk is None and not _is_wide(work)
