"""Commands to the writing thread, besides the `Write` and `Deletion` of `EventStore`."""

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
    """Rewrite some of a model's rows if it has too many deltas."""

    model_id: str


@dataclass(frozen=True)
class CompactChanges:
    """Compact the table of changes if it has many rows."""


@dataclass(frozen=True)
class Vacuum:
    """Let the engine join small blocks of rows and drop deleted rows, if many rows changed.

    The engine does it at checkpoints. These are frequent and block writes, so a vacuum at each of them would spend most
    of their time on blocks that the next one joins again.
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
