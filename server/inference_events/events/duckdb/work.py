"""What the thread that writes is asked to do beside the writes and deletions of `EventStore`, and what is joined."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from inference_events.events.store import EventBatch, Write, WriteKind


@dataclass(frozen=True)
class Define:
    model_id: str
    revision: int
    schema: pa.Schema
    targets: Collection[str]


@dataclass(frozen=True)
class Drop:
    model_id: str


@dataclass(frozen=True)
class Fold:
    """Write some of a model's rows anew if too many of them have patches."""

    model_id: str


@dataclass(frozen=True)
class Vacuum:
    """Let the engine join small blocks of rows and leave out deleted ones, if much was changed.

    It does so at checkpoints, which come often and hold up what is written: at each of them it would take most of the
    time, to join what the next one joins again.
    """


@dataclass(frozen=True)
class Position:
    model_id: str


@dataclass(frozen=True)
class Purge:
    before: int


@dataclass(frozen=True)
class ForgetJobs:
    job_ids: Sequence[str]


def joins(first: Any, second: Any) -> bool:
    """Tell whether two pieces of work that follow each other may be done as one."""
    if not isinstance(first, Write) or not isinstance(second, Write):
        return False
    return first.kind is not WriteKind.APPEND and first.chunk is None and _target(first) == _target(second)


def join(writes: Sequence[Write]) -> Write:
    """Make one write of several that may be done as one."""
    first = writes[0]
    batches = [write.batch for write in writes]
    batch = EventBatch(
        first.batch.revision,
        pa.concat_tables([batch.system for batch in batches]),
        pa.concat_tables([batch.values for batch in batches]),
        {name: np.concatenate([batch.carried[name] for batch in batches]) for name in first.batch.carried},
        first.batch.hash_version,
    )
    received_at = max(write.received_at for write in writes)
    return Write(first.model_id, first.environment_id, first.kind, batch, received_at)


def _target(write: Write) -> tuple[Any, ...]:
    return (
        write.model_id,
        write.environment_id,
        write.kind,
        write.batch.revision,
        write.batch.hash_version,
        write.position,
        write.chunk,
    )
