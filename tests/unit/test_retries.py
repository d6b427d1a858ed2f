"""A repeated request gets the response of the first attempt, and takes effect only once."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from inference_events.context import KeyClaimed, Request
from inference_events.errors import BadRequest, IdempotencyKeyReused
from inference_events.idempotency.guard import IdempotencyGuard, StoredResponse

Perform = Callable[[], Awaitable[Any]]


def request(body: bytes = b"body", *, key: str | None = None, retry: bool = False, token: str = "t") -> Request:
    return Request("r", "POST", "/v3/events", token, body, key, retry)


class Store:
    """Holds records by their keys; the first look-up can be delayed."""

    def __init__(self) -> None:
        self.records: dict[tuple[str, str | bytes], StoredResponse] = {}
        self.first_look_up = asyncio.Event()
        self.first_look_up.set()
        self._look_ups = 0
        self.age = timedelta()

    async def find(self, asked: Request) -> StoredResponse | None:
        seen = self.records.get(_key(asked))
        self._look_ups += 1
        if self._look_ups == 1:
            await self.first_look_up.wait()
        return seen

    def keep(self, asked: Request, response: Any) -> None:
        self.records[_key(asked)] = StoredResponse(asked.body_digest, response, datetime.now(UTC) - self.age)


def _key(asked: Request) -> tuple[str, str | bytes]:
    return asked.token_id, asked.idempotency_key or asked.body_digest


class Effect:
    """A counted effect of a request: it continues when `go` is set, is recorded, and returns its own number."""

    def __init__(self, store: Store, asked: Request) -> None:
        self.times = 0
        self.go = asyncio.Event()
        self.fails = False
        self._store = store
        self.asked = asked

    async def __call__(self) -> Any:
        self.times += 1
        number = self.times
        await self.go.wait()
        if self.fails:
            raise BadRequest("refused")
        self._store.keep(self.asked, number)
        return number


async def settle() -> None:
    """Let everything run that can."""
    for _ in range(20):
        await asyncio.sleep(0)


def run(scenario: Callable[[Store, IdempotencyGuard], Awaitable[None]]) -> None:
    async def main() -> None:
        store = Store()
        await asyncio.wait_for(scenario(store, IdempotencyGuard([store.find])), 10)

    asyncio.run(main())


def test_without_key_or_header_a_request_is_executed() -> None:
    """An equal body without a key and without the client's retry header is a new attempt."""

    async def scenario(store: Store, retries: IdempotencyGuard) -> None:
        effect = Effect(store, request())
        effect.go.set()
        assert [await retries.respond(request(), effect) for _ in range(3)] == [1, 2, 3]

    run(scenario)


@pytest.mark.parametrize(("first", "again"), [(request(), request(retry=True)), (request(key="k"), request(key="k"))])
def test_a_repetition_gets_the_recorded_response(first: Request, again: Request) -> None:
    """A retry, or the same key and body, gets the response of the attempt that succeeded, again and again."""

    async def scenario(store: Store, retries: IdempotencyGuard) -> None:
        effect = Effect(store, first)
        effect.go.set()
        assert [await retries.respond(each, effect) for each in (first, again, again)] == [1, 1, 1]
        assert effect.times == 1

    run(scenario)


@pytest.mark.parametrize(("first", "again"), [(request(), request(retry=True)), (request(key="k"), request(key="k"))])
def test_a_repetition_waits_for_the_running_attempt(first: Request, again: Request) -> None:
    """Repetitions that arrive while the first attempt runs wait for it and get its response."""

    async def scenario(store: Store, retries: IdempotencyGuard) -> None:
        effect = Effect(store, first)
        attempts = [asyncio.create_task(retries.respond(each, effect)) for each in (first, again, again)]
        await settle()
        assert not any(attempt.done() for attempt in attempts)
        effect.go.set()
        assert await asyncio.gather(*attempts) == [1, 1, 1]
        assert effect.times == 1

    run(scenario)


def test_a_retry_joins_the_newest_attempt() -> None:
    """Of several running attempts with one body a retry waits for the newest."""

    async def scenario(store: Store, retries: IdempotencyGuard) -> None:
        older, newer = Effect(store, request()), Effect(store, request())
        newer.times = 10
        attempts = [asyncio.create_task(retries.respond(request(), effect)) for effect in (older, newer)]
        await settle()
        joined = asyncio.create_task(retries.respond(request(retry=True), older))
        await settle()
        older.go.set()
        await settle()
        assert not joined.done()
        newer.go.set()
        assert [*await asyncio.gather(*attempts), await joined] == [1, 11, 11]

    run(scenario)


def test_a_retry_that_never_arrived_before_is_executed() -> None:
    """A retry whose earlier attempts left no trace is executed."""

    async def scenario(store: Store, retries: IdempotencyGuard) -> None:
        effect = Effect(store, request())
        effect.go.set()
        assert await retries.respond(request(retry=True), effect) == 1

    run(scenario)


@pytest.mark.parametrize(("key", "times"), [(None, 2), ("k", 1)])
def test_an_old_attempt_is_joined_by_its_key_only(key: str | None, times: int) -> None:
    """Clients give up within minutes: an equal body from before that is another request, unless both have one key."""

    async def scenario(store: Store, retries: IdempotencyGuard) -> None:
        effect = Effect(store, request(key=key))
        effect.go.set()
        store.age = timedelta(minutes=16)
        await retries.respond(request(key=key), effect)
        assert await retries.respond(request(key=key, retry=True), effect) == times
        assert effect.times == times

    run(scenario)


@pytest.mark.parametrize("again", [request(retry=True), request(key="k")])
def test_a_refused_attempt_is_executed_again(again: Request) -> None:
    """A refused attempt leaves nothing behind: a repetition is executed, and of several only one at a time."""

    async def scenario(store: Store, retries: IdempotencyGuard) -> None:
        effect = Effect(store, again)
        effect.fails = True
        first = asyncio.create_task(retries.respond(again, effect))
        await settle()
        waiting = [asyncio.create_task(retries.respond(again, effect)) for _ in range(2)]
        await settle()
        assert effect.times == 1
        effect.go.set()
        with pytest.raises(BadRequest):
            await first
        effect.fails = False
        assert await asyncio.gather(*waiting) == [2, 2]
        assert effect.times == 2

    run(scenario)


def test_a_key_with_another_body_is_refused() -> None:
    """A key that succeeded with one body is refused with another, also while the first runs."""

    async def scenario(store: Store, retries: IdempotencyGuard) -> None:
        effect, other = Effect(store, request(key="k")), Effect(store, request(b"other", key="k"))
        first = asyncio.create_task(retries.respond(request(key="k"), effect))
        await settle()
        during = asyncio.create_task(retries.respond(request(b"other", key="k"), other))
        await settle()
        effect.go.set()
        assert await first == 1
        with pytest.raises(IdempotencyKeyReused):
            await during
        with pytest.raises(IdempotencyKeyReused):
            await retries.respond(request(b"other", key="k"), other)
        assert other.times == 0

    run(scenario)


def test_a_key_whose_attempt_is_refused_is_free_for_another_body() -> None:
    """A refused attempt binds its key to no body, whether the next one comes after it or while it runs."""

    async def scenario(store: Store, retries: IdempotencyGuard) -> None:
        effect, other = Effect(store, request(key="k")), Effect(store, request(b"other", key="k"))
        effect.fails = True
        other.go.set()
        first = asyncio.create_task(retries.respond(request(key="k"), effect))
        await settle()
        during = asyncio.create_task(retries.respond(request(b"other", key="k"), other))
        await settle()
        effect.go.set()
        with pytest.raises(BadRequest):
            await first
        assert await during == 1

    run(scenario)


def test_a_key_that_another_attempt_claimed_is_replayed() -> None:
    """If a store says that a key is claimed, the request gets the response that the store has, if it has one."""

    async def scenario(store: Store, retries: IdempotencyGuard) -> None:
        async def lose(keeps: bool, other: Request) -> Any:
            if keeps:
                store.keep(other, "of the other")
            raise KeyClaimed

        asked = request(key="k")
        with pytest.raises(KeyClaimed):
            await retries.respond(asked, lambda: lose(False, asked))
        assert await retries.respond(asked, lambda: lose(True, asked)) == "of the other"
        with pytest.raises(IdempotencyKeyReused):
            await retries.respond(request(key="l"), lambda: lose(True, request(b"other", key="l")))

    run(scenario)


def test_tokens_and_keys_do_not_meet() -> None:
    """Another token, another key, and a body without the key are other requests."""

    async def scenario(store: Store, retries: IdempotencyGuard) -> None:
        effect = Effect(store, request(key="k"))
        effect.go.set()
        for number, each in enumerate([request(key="k"), request(key="l"), request(key="k", token="u")], start=1):
            effect.asked = each
            assert await retries.respond(each, effect) == number
        assert await retries.respond(request(retry=True), effect) == 4

    run(scenario)


def test_an_attempt_continues_when_its_client_disconnects() -> None:
    """A cancelled client does not cancel its attempt; a repetition gets the response."""

    async def scenario(store: Store, retries: IdempotencyGuard) -> None:
        effect = Effect(store, request())
        client = asyncio.create_task(retries.respond(request(), effect))
        await settle()
        joined = asyncio.create_task(retries.respond(request(retry=True), effect))
        await settle()
        client.cancel()
        with pytest.raises(asyncio.CancelledError):
            await client
        effect.go.set()
        assert await joined == 1
        assert await retries.respond(request(retry=True), effect) == 1
        assert effect.times == 1

    run(scenario)


def test_a_repetition_that_hangs_up_leaves_the_attempt_alone() -> None:
    """A cancelled repetition does not cancel the attempt that it waited for."""

    async def scenario(store: Store, retries: IdempotencyGuard) -> None:
        effect = Effect(store, request(key="k"))
        first = asyncio.create_task(retries.respond(request(key="k"), effect))
        await settle()
        joined = asyncio.create_task(retries.respond(request(key="k"), effect))
        await settle()
        joined.cancel()
        await settle()
        effect.go.set()
        assert await first == 1

    run(scenario)


@pytest.mark.parametrize("again", [request(retry=True), request(key="k")])
def test_an_attempt_that_comes_and_goes_during_a_look_up_is_not_missed(again: Request) -> None:
    """Two equal requests have one effect, also if one is done while the other still asks the stores."""

    async def scenario(store: Store, retries: IdempotencyGuard) -> None:
        effect = Effect(store, again)
        effect.go.set()
        store.first_look_up.clear()
        slow = asyncio.create_task(retries.respond(again, effect))
        await settle()
        quick = asyncio.create_task(retries.respond(again, effect))
        await settle()
        store.first_look_up.set()
        assert [await slow, await quick] == [1, 1]
        assert effect.times == 1

    run(scenario)
