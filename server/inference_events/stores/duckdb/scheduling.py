"""Decide which commands are committed next, so that commands on wide tables delay the others as little as possible.

The engine takes up to a second to create a table of 10,000 columns, or to insert one row into it. Such a command is
committed alone, and before each of them the writes of requests to other models overtake. Everything else keeps its
order: the chunks of a job, and all commands on one model.
"""

from collections.abc import Sequence
from typing import Any, Protocol, TypeVar

from inference_events.events.types import Write
from inference_events.stores.duckdb.commands import ApplySchema

# A command on a table with this many columns takes a tenth of a second.
WIDE_COLUMNS = 1_000


class Task(Protocol):
    """A waiting command."""

    @property
    def command(self) -> Any: ...


T = TypeVar("T", bound=Task)


def schedule(waiting: Sequence[T]) -> tuple[list[T], list[T], list[T]]:
    """Return the tasks to commit together now, at most one on a wide table to commit next, and the rest."""
    first = next((number for number, task in enumerate(waiting) if _is_wide(task.command)), len(waiting))
    light, wide = list(waiting[:first]), list(waiting[first : first + 1])
    kept: list[T] = []
    kept_models = {task.command.model_id for task in wide}
    for task in waiting[first + 1 :]:
        if _may_overtake(task.command) and task.command.model_id not in kept_models:
            light.append(task)
        else:
            kept.append(task)
            kept_models.add(getattr(task.command, "model_id", None))
    return light, wide, kept


def _is_wide(command: Any) -> bool:
    match command:
        case Write():
            return len(command.batch.values.schema) >= WIDE_COLUMNS
        case ApplySchema():
            return len(command.schema) >= WIDE_COLUMNS
    return False


def _may_overtake(command: Any) -> bool:
    return isinstance(command, Write) and command.chunk is None and not _is_wide(command)
