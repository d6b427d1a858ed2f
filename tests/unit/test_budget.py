"""The memory for bodies adds up in every case."""

from contextlib import ExitStack
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference_events.errors import ServiceUnavailable
from inference_events.http.budget import STEP_BYTES, BodyBudget

LIMIT = 10 * STEP_BYTES


@pytest.mark.parametrize(
    ("size", "most", "counted"),
    [
        (1, LIMIT, 1),
        (STEP_BYTES, LIMIT, STEP_BYTES),
        (STEP_BYTES + 1, LIMIT, 2 * STEP_BYTES),
        (STEP_BYTES + 1, STEP_BYTES + 5, STEP_BYTES + 5),
    ],
)
def test_bodies_count_in_steps(size: int, most: int, counted: int) -> None:
    """A body counts exactly up to one step, then in whole steps, but never more than its length."""
    budget = BodyBudget(LIMIT)
    with budget.reserve() as reservation:
        reservation.grow_to(size, most)
        assert budget.used == reservation.size == counted
        reservation.end_arrival(size)
        assert budget.used == size
    assert budget.used == 0


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, LIMIT // 2), st.booleans()), max_size=30))
def test_the_budget_adds_up(steps: list[tuple[int, int, bool]]) -> None:
    """The bytes of all bodies are counted, never beyond the limit, and no body is refused for a newer one."""
    budget = BodyBudget(LIMIT)
    interrupted: list[int] = []
    with ExitStack() as stack:
        bodies = [stack.enter_context(budget.reserve()) for _ in range(5)]
        arrived: set[int] = set()
        for number, body in enumerate(bodies):
            body.interrupt = partial(interrupted.append, number)
        for number, size, has_arrived in steps:
            interrupted.clear()
            try:
                bodies[number].add(size)
                if has_arrived:
                    bodies[number].end_arrival(bodies[number].size)
                    arrived.add(number)
            except ServiceUnavailable:
                assert not interrupted
            assert budget.used == sum(body.size for body in bodies) <= LIMIT
            assert all(one > number and one not in arrived for one in interrupted)
    assert budget.used == 0


def test_a_refused_body_takes_nothing_more() -> None:
    """A body refused for an older one has released its bytes, and can neither grow nor arrive."""
    budget = BodyBudget(LIMIT)
    with budget.reserve() as older, budget.reserve() as newer:
        newer.add(LIMIT)
        older.add(1)
        assert (older.size, newer.size, budget.used) == (1, 0, 1)
        for refused in (partial(newer.add, 1), partial(newer.end_arrival, 0), newer.check):
            with pytest.raises(ServiceUnavailable) as refusal:
                refused()
            assert refusal.value.headers == {"Retry-After": "1"}
    assert budget.used == 0


def test_no_body_is_refused_without_need() -> None:
    """If refusing newer bodies would not free enough bytes, only the body that needs them is refused."""
    budget = BodyBudget(LIMIT)
    with budget.reserve() as served, budget.reserve() as older, budget.reserve() as newer:
        served.add(LIMIT - 2)
        served.end_arrival(LIMIT - 2)
        newer.add(1)
        with pytest.raises(ServiceUnavailable):
            older.add(3)
        newer.check()
