"""The counts of the last hour: what they add up to, when they end, and how much memory they take."""

import threading

import pytest

from inference_events.events.types import RowStatus
from inference_events.recent_ingestion import MAX_MODELS, MINUTES, OTHER, RecentIngestion


class Clock:
    """A clock that stands."""

    def __init__(self, now: float) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock(100 * 60)


def test_an_hour_has_60_minutes(clock: Clock) -> None:
    """Minutes without work are zeros; those before the start and those an hour old are missing."""
    recent = RecentIngestion(clock)
    recent.observe_request("a", None, 10, 0.001)
    clock.now += 3 * 60
    recent.observe_request("a", None, 10, 0.001)
    by_minute = recent.read().by_minute(lambda _: True)
    assert {minute: counts.requests for minute, counts in by_minute.items()} == {100: 1, 101: 0, 102: 0, 103: 1}
    clock.now += (MINUTES - 3) * 60
    by_minute = recent.read().by_minute(lambda _: True)
    assert list(by_minute) == list(range(101, 161))
    assert sum(counts.requests for counts in by_minute.values()) == 1
    clock.now += 10 * MINUTES * 60
    assert recent.read().cells == []


def test_a_clock_that_is_set_back_loses_nothing(clock: Clock) -> None:
    """What was counted before a clock is set back is still shown, and later work is added to it."""
    recent = RecentIngestion(clock)
    clock.now += 600
    recent.observe_request("a", None, 10, 0.001)
    clock.now -= 300
    recent.observe_request("a", None, 10, 0.001)
    assert recent.read().by_model()["a"].requests == 2


def test_quantiles_are_right_to_5_percent(clock: Clock) -> None:
    """Each quantile is the latency of a request of that rank, also if few requests or one were counted."""
    recent = RecentIngestion(clock)
    for milliseconds in range(1, 1001):
        recent.observe_request("a", None, 0, milliseconds / 1000)
    assert recent.read().by_model()["a"].quantiles() == pytest.approx([0.5, 0.9, 0.99], rel=0.05)
    recent.observe_request("b", None, 0, 0)
    assert recent.read().by_model()["b"].quantiles() == pytest.approx([0, 0, 0], abs=2e-5)
    recent.observe_events("c", [1], 0)
    assert recent.read().by_model()["c"].quantiles() == []


def test_memory_is_bounded(clock: Clock) -> None:
    """Each minute counts so many models by themselves; it counts the rest together, so that no request is lost."""
    recent = RecentIngestion(clock)
    for number in range(10 * MAX_MODELS):
        recent.observe_request(f"model {number}", "BadRequest", 1, 0.01)
    by_model = recent.read().by_model()
    assert len(by_model) == MAX_MODELS + 1
    assert by_model[OTHER].requests == by_model[OTHER].refused["BadRequest"] == 9 * MAX_MODELS


def test_threads_lose_no_count() -> None:
    """Requests and events that several threads count at once all count."""
    recent = RecentIngestion()

    def count() -> None:
        for _ in range(2000):
            recent.observe_request("a", None, 1, 0.01)
            recent.observe_events("a", [1, 0, 2], 1)
            recent.read()

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = recent.read().by_model()["a"]
    assert (found.requests, found.bytes) == (8000, 8000)
    assert found.events[RowStatus.CREATED] == found.events[RowStatus.CONFLICT] == 8000
    assert found.events[RowStatus.UNCHANGED] == 16000
