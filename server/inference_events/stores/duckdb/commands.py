"""What the thread that writes is asked to do beside the writes and deletions of `EventStore`."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import pyarrow as pa


@dataclass(frozen=True)
class ApplySchema:
    model_id: str
    revision: int
    schema: pa.Schema
    targets: Collection[str]


@dataclass(frozen=True)
class Drop:
    model_id: str


@dataclass(frozen=True)
class Compact:
    """Rewrite some of a model's rows if too many of them have deltas."""

    model_id: str


@dataclass(frozen=True)
class FoldChanges:
    """Fold rows of changes if there are many."""


@dataclass(frozen=True)
class Vacuum:
    """Let the engine join small blocks of rows and leave out deleted ones, if much was changed.

    It does so at checkpoints, which come often and hold up what is written: at each of them it would take most of the
    time, to join what the next one joins again.
    """


@dataclass(frozen=True)
class AcceptJob:
    model_id: str
    job_id: str


@dataclass(frozen=True)
class StartJob:
    job_id: str
    fence: int


@dataclass(frozen=True)
class EndJob:
    job_id: str


@dataclass(frozen=True)
class EndOrphans:
    known: Collection[str]
    accepted_before: int


@dataclass(frozen=True)
class Purge:
    before: int


@dataclass(frozen=True)
class ForgetJobs:
    job_ids: Sequence[str]
