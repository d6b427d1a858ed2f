"""Promises of the contract that no schema can express, checked with random requests against a running server."""

import traceback
from collections.abc import Collection

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from tests.contract.fuzz import TOKEN
from tests.contract.fuzz.promises import (
    access,
    counts,
    definitions,
    deletions,
    events,
    files,
    lists,
    models,
    projects,
    retries,
)
from tests.contract.fuzz.promises.promise import Promise
from tests.contract.fuzz.promises.session import Session

PROMISES: tuple[Promise, ...] = (
    *access.PROMISES,
    *projects.PROMISES,
    *lists.PROMISES,
    *models.PROMISES,
    *deletions.PROMISES,
    *definitions.PROMISES,
    *retries.PROMISES,
    *events.PROMISES,
    *counts.PROMISES,
    *files.PROMISES,
)


def promises_about(operations: Collection[str]) -> list[Promise]:
    """Return the promises about any of the operations, all if none is named."""
    return [promise for promise in PROMISES if not operations or promise.operations & set(operations)]


def first_broken(url: str, operations: Collection[str], examples: int, number: int) -> str | None:
    """Return the name of the first promise about the operations that the server breaks, and how; None if it keeps all.

    `number` is the seed.
    """
    with Session(url, TOKEN) as session:
        for promise in promises_about(operations):
            try:
                check(promise, session, examples, number)
            except Exception:
                return f"{promise.name}\n{traceback.format_exc()}"
    return None


def check(promise: Promise, session: Session, examples: int, number: int) -> None:
    """Check a promise with random requests, repeatable by the seed `number`. Raises AssertionError.

    A failing example is not made smaller: the server keeps the state of earlier examples.
    """

    @seed(number)
    @settings(
        max_examples=1 if promise.is_exhaustive else examples,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.data())
    def hold(data: st.DataObject) -> None:
        promise.hold(session, data)

    hold()
