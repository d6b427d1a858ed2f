"""Let one process at a time do a kind of work that is no job of a model.

The rules are those of `leases`: each claim raises the fence, and a process that lost its lease changes nothing, because
each of its changes locks the lease's row until the commit. Leases are measured by the database's clock.
"""

from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.orm import Session

from inference_events.catalog.clock import from_now
from inference_events.catalog.concurrency import insert_if_missing
from inference_events.catalog.tables import WorkLease

_CHANGE: dict[str, Any] = {"synchronize_session": False}


class HeldWork(NamedTuple):
    """Identifies one claim of a kind of work."""

    name: str
    owner: str
    fence: int

    @property
    def is_latest(self) -> ColumnElement[bool]:
        """Select the lease if nobody has claimed the work since, and it was not released."""
        return (WorkLease.name == self.name) & (WorkLease.owner == self.owner) & (WorkLease.fence == self.fence)


def claim(session: Session, name: str, owner: str, seconds: float) -> HeldWork | None:
    """Lease a kind of work for some seconds, None if another process has it. A process may claim its own work again."""
    insert_if_missing(session, WorkLease(name=name, fence=0), "name")
    claimed = (
        update(WorkLease)
        .where(WorkLease.name == name, _is_free(owner))
        .values(owner=owner, lease_until=from_now(seconds), fence=WorkLease.fence + 1)
        .returning(WorkLease.fence)
    )
    fence = session.scalar(claimed, execution_options=_CHANGE)
    return None if fence is None else HeldWork(name, owner, fence)


def is_free(session: Session, name: str, owner: str) -> bool:
    """Return whether a process may claim a kind of work."""
    taken = select(WorkLease.name).where(WorkLease.name == name, ~_is_free(owner))
    return session.scalar(taken) is None


def renew(session: Session, held: HeldWork, seconds: float) -> bool:
    """Extend a lease to `seconds` from now. Return False if the process has lost it."""
    renewed = update(WorkLease).where(held.is_latest).values(lease_until=from_now(seconds)).returning(WorkLease.name)
    return session.scalar(renewed, execution_options=_CHANGE) is not None


def lock(session: Session, held: HeldWork) -> bool:
    """Let no other process claim the work until the transaction ends. Return False if one has."""
    return session.scalar(select(WorkLease.name).where(held.is_latest).with_for_update()) is not None


def release(session: Session, held: HeldWork) -> None:
    """Let another process claim the work at once."""
    released = update(WorkLease).where(held.is_latest).values(owner=None, lease_until=None)
    session.execute(released, execution_options=_CHANGE)


def end_all(session: Session) -> None:
    """End all leases. Call it only if no other process uses the catalog."""
    session.execute(update(WorkLease).values(owner=None, lease_until=None), execution_options=_CHANGE)


def _is_free(owner: str) -> ColumnElement[bool]:
    return or_(WorkLease.owner.is_(None), WorkLease.owner == owner, WorkLease.lease_until <= from_now())
