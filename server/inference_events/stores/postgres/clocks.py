"""Clocks and locks: the order of requests and jobs of a model, at any replica.

Only the acceptance of a job raises a model's epoch. It takes a lock that every request holds in shared mode until its
commit. So a request that was acknowledged before has a smaller epoch, and a later one sees the open job and stores the
epochs of the columns that it writes. Each write to a model also holds a second lock in shared mode, and a change of its
columns takes it exclusively. All locks end with their transaction.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

import xxhash

from inference_events.events.merging import WriteVersion
from inference_events.events.store_errors import ModelUnknown
from inference_events.stores.postgres.connections import Connection


@dataclass(frozen=True)
class Clock:
    """The state of a model in a transaction. `environment` is its number, None if nothing was ever written to it."""

    epoch: int
    revision: int
    schema_version: int
    oldest_open: int | None
    environment: int | None

    @property
    def stamp(self) -> WriteVersion:
        """The version that a request stamps on its rows."""
        return WriteVersion(self.epoch, self.oldest_open)


def lock_for_request(db: Connection, model_id: str, batch: UUID, attempts: Mapping[int, bool]) -> None:
    """Block acceptances of jobs and changes of columns, and wait for an earlier run of the same batch.

    `attempts` are the numbers of locks that attempts of one request share; a retry takes its lock exclusively (True).
    """
    # Sorted, so that no two transactions wait for each other.
    own = [(_key(f"attempt {number}", model_id), alone) for number, alone in sorted(attempts.items())]
    shared = [(_key("epoch", model_id), False), (_key("schema", model_id), False)]
    locks = [(_key("batch", str(batch)), True), *own, *shared]
    taken = [f"pg_advisory_xact_lock{'' if alone else '_shared'}(%s)" for _, alone in locks]
    db.execute(f"SELECT {', '.join(taken)}", [key for key, _ in locks])


def lock_for_job(db: Connection, model_id: str) -> None:
    """Block changes of columns."""
    db.execute("SELECT pg_advisory_xact_lock_shared(%s)", [_key("schema", model_id)])


def lock_for_acceptance(db: Connection, model_id: str) -> None:
    """Wait for the requests that write to a model, and block later ones."""
    db.execute("SELECT pg_advisory_xact_lock(%s)", [_key("epoch", model_id)])


def lock_for_schema_change(db: Connection, model_id: str) -> None:
    """Wait for all writes to a model, and block later ones."""
    db.execute("SELECT pg_advisory_xact_lock(%s)", [_key("schema", model_id)])


def lock_for_compaction(db: Connection, environment: int) -> None:
    """Wait for another replica that compacts the same changes."""
    db.execute("SELECT pg_advisory_xact_lock(%s)", [_key("fold", str(environment))])


def read_clock(db: Connection, model_id: str, environment_id: str = "") -> Clock:
    """Return the clock of a model. Call it after taking the lock, in a separate statement. Raises ModelUnknown."""
    row = db.execute(
        "SELECT c.epoch, c.revision, c.schema_version,"
        " (SELECT min(j.epoch) FROM open_jobs j WHERE j.model_id = c.model_id),"
        " (SELECT n.number FROM event_environments n"
        "  WHERE n.model_id = c.model_id AND n.environment_id = %s AND n.dropped_at IS NULL)"
        " FROM clocks c WHERE c.model_id = %s AND c.revision IS NOT NULL",
        [environment_id, model_id],
    ).fetchone()
    if row is None:
        raise ModelUnknown
    return Clock(*row)


def number_environment(db: Connection, model_id: str, environment_id: str) -> int:
    """Give a number to an environment that had none when the clock was read, and return it."""
    db.execute(
        "INSERT INTO event_environments (model_id, environment_id) VALUES (%s, %s)"
        " ON CONFLICT (model_id, environment_id) WHERE dropped_at IS NULL DO NOTHING",
        [model_id, environment_id],
    )
    number = read_clock(db, model_id, environment_id).environment
    assert number is not None
    return number


def _key(kind: str, name: str) -> int:
    """Return the number of an advisory lock. If two names share one, they only wait for each other."""
    return xxhash.xxh3_64_intdigest(f"inference-events\n{kind}\n{name}".encode()) - 2**63
