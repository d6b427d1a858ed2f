"""Each message of the outbox reaches its receiver at least once, with one id, or ends with the reason."""

import hashlib
import hmac
import time
from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from sqlalchemy import select, update

from inference_events.catalog import Catalog, outbox
from inference_events.catalog.database import sqlite_url
from inference_events.catalog.tables import WorkLease, utc_now
from inference_events.notifications.backoff import next_attempt
from inference_events.notifications.composing import Receivers
from tests.notifications.delivering import Delivering
from tests.notifications.judgements import BIN, HOOK, RULE, rows
from tests.notifications.receivers import Received, Response, eventually, receiving

HOUR = timedelta(hours=1)


@pytest.fixture
def outgoing(tmp_path: Path) -> Iterator[Delivering]:
    """Give an empty catalog, whose messages may go to this machine."""
    catalog = Catalog(sqlite_url(tmp_path / "catalog.sqlite"))
    yield Delivering(catalog)
    catalog.close()


def event_ids(received: list[Received]) -> list[str]:
    return [request.headers["X-Event-Id"] for request in received]


def test_a_message_arrives_signed(outgoing: Delivering) -> None:
    """It is sent once, with a signature that the receiver can check and the id of its batch; then nothing is held."""
    with receiving() as receiver, outgoing.worker():
        hook, secret = outgoing.webhook(receiver.url)
        outgoing.add(rows(Receivers(webhooks=[hook])))
        [message] = outgoing.wait_for("delivered")
        eventually(
            lambda: outgoing.catalog.read(lambda session: session.scalars(select(WorkLease.owner)).all() == [None])
        )
    [request] = receiver.received
    signed = request.headers["X-Event-Timestamp"].encode() + b"." + request.raw
    assert secret is not None
    expected = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    assert request.headers["X-Event-Signature"] == f"sha256={expected}"
    assert request.body["event_id"] == event_ids([request])[0] == message.batch_id
    assert (message.attempts, message.due_at, message.error) == (1, None, None)
    assert outgoing.results == [("webhook", "delivered")]


def test_alerts_of_one_bin_are_one_message(outgoing: Delivering) -> None:
    """What becomes due within the wait is sent together; another bin and another receiver get messages of their own."""
    with receiving() as one, receiving() as other:
        first, second = outgoing.webhook(one.url)[0], outgoing.webhook(other.url)[0]
        for column in ("age", "carrier", "distance"):
            outgoing.add(rows(Receivers(webhooks=[first, second]), wait=60, column=column))
        outgoing.add(rows(Receivers(webhooks=[first]), wait=60, bin_start=BIN + HOUR))
        with outgoing.worker():
            time.sleep(0.2)
            assert one.received == []
            outgoing.clock.move(61)
            outgoing.wait_for(*["delivered"] * 7)
    assert sorted(len(request.body["alerts"]) for request in one.received) == [1, 3]
    assert [len(request.body["alerts"]) for request in other.received] == [3]


def test_a_judgement_that_is_made_again_sends_nothing(outgoing: Delivering) -> None:
    """The outbox takes each key once, also after its delivery."""
    with receiving() as receiver, outgoing.worker():
        hook, _ = outgoing.webhook(receiver.url)
        assert outgoing.add(rows(Receivers(webhooks=[hook]))) == 1
        outgoing.wait_for("delivered")
        assert outgoing.add(rows(Receivers(webhooks=[hook]), value=0.2, sub_version=2)) == 0
        assert outgoing.add(rows(Receivers(webhooks=[hook]), severity="WARNING", main_version=2)) == 1
        outgoing.wait_for("delivered", "delivered")
    assert [request.body["alerts"][0]["severity"] for request in receiver.received] == ["CRITICAL", "WARNING"]


def test_a_failed_attempt_is_repeated(outgoing: Delivering) -> None:
    """After a 500, a lost response and a 503, the same message is sent with the same id; pauses grow."""
    script = [Response(500), Response(status=None), Response(503)]
    with receiving(*script) as receiver, outgoing.worker():
        outgoing.add(rows(Receivers(webhooks=[outgoing.webhook(receiver.url)[0]])))
        for attempt, pause in enumerate((10, 20, 40), 1):
            [message] = outgoing.wait_for_attempt(attempt)
            assert message.due_at is not None
            assert pause - 5 < (message.due_at - outgoing.clock()).total_seconds() <= pause
            outgoing.clock.move(pause + 1)
        [message] = outgoing.wait_for("delivered")
    assert len(set(event_ids(receiver.received))) == 1
    assert len({str(request.body["alerts"]) for request in receiver.received}) == 1
    assert (message.attempts, len(receiver.received)) == (4, 4)
    assert outgoing.results == [("webhook", "pending")] * 3 + [("webhook", "delivered")]


def test_a_receiver_may_ask_for_a_pause(outgoing: Delivering) -> None:
    """After a 429 with Retry-After no message goes to the receiver before that, neither this one nor another."""
    with receiving(Response(429, headers={"Retry-After": "120"})) as receiver, outgoing.worker():
        hook, _ = outgoing.webhook(receiver.url)
        outgoing.add(
            [*rows(Receivers(webhooks=[hook])), *rows(Receivers(webhooks=[hook]), wait=30, bin_start=BIN + HOUR)]
        )
        receiver.wait_for(1)
        waiting = outgoing.wait_for("pending", "pending")
        assert all(row.due_at and (row.due_at - outgoing.clock()).total_seconds() > 110 for row in waiting)
        outgoing.clock.move(121)
        outgoing.wait_for("delivered", "delivered")


def test_a_receiver_that_never_takes_a_message_fails_it(outgoing: Delivering) -> None:
    """The attempts end after 24 hours, with the last reason."""
    with receiving(*[Response(500)] * 2) as receiver, outgoing.worker():
        outgoing.add(rows(Receivers(webhooks=[outgoing.webhook(receiver.url)[0]])))
        outgoing.wait_for_attempt(1)
        outgoing.clock.move(24 * 3600)
        [message] = outgoing.wait_for("failed")
    assert (message.error, message.due_at) == ("the receiver responded 500", None)


@pytest.mark.parametrize(
    ("provider", "response", "reason"),
    [
        ("OTHER", Response(302, headers={"Location": "http://127.0.0.1:1/"}), "redirect"),
        ("OTHER", Response(410), "responded 410"),
        ("SLACK", Response(404, b"no_service"), "responded 404"),
        ("SLACK", Response(403, b"channel_is_archived"), "responded 403"),
    ],
)
def test_a_receiver_that_is_gone_gets_no_other_attempt(
    provider: str, response: Response, reason: str, outgoing: Delivering
) -> None:
    """Another attempt would not succeed, so the message ends at once."""
    with receiving(response) as receiver, outgoing.worker():
        outgoing.add(rows(Receivers(webhooks=[outgoing.webhook(receiver.url, provider)[0]])))
        [message] = outgoing.wait_for("failed")
    assert reason in str(message.error)
    assert len(receiver.received) == 1


def test_slack_must_say_ok(outgoing: Delivering) -> None:
    """A response of 200 with another text is no delivery."""
    with receiving(Response(200, b"invalid_payload")) as receiver, outgoing.worker():
        outgoing.add(rows(Receivers(webhooks=[outgoing.webhook(receiver.url, "SLACK")[0]])))
        outgoing.wait_for_attempt(1)
        outgoing.clock.move(11)
        outgoing.wait_for("delivered")
    assert receiver.received[1].body["text"] == "[CRITICAL] late flights - delays"


def test_a_private_receiver_gets_nothing(outgoing: Delivering) -> None:
    """Without the setting its message fails, and no byte is sent."""
    outgoing.allow_private = False
    with receiving() as receiver, outgoing.worker():
        outgoing.add(rows(Receivers(webhooks=[outgoing.webhook(receiver.url)[0]])))
        [message] = outgoing.wait_for("failed")
    assert receiver.received == []
    assert "allow_private_receivers" in str(message.error)
    assert receiver.url not in str(message.error)


def test_a_channel_without_settings_is_reported(outgoing: Delivering) -> None:
    """Mail without a server, an unknown service and an unknown webhook end as not configured, never as an error."""
    with outgoing.worker():
        outgoing.add(rows(Receivers(["me@example.com"], ["oncall"], "", [HOOK])))
        ended = outgoing.wait_for(*["not_configured"] * 3)
    assert all(row.error and row.ended_at for row in ended)


def test_a_slow_receiver_holds_up_no_other(outgoing: Delivering) -> None:
    """Receivers are served side by side."""
    with receiving(Response(pause=2)) as slow, receiving() as quick, outgoing.worker():
        for receiver in (slow, quick):
            outgoing.add(rows(Receivers(webhooks=[outgoing.webhook(receiver.url)[0]])))
        slow.wait_for(1)
        quick.wait_for(1)
        assert sorted(outgoing.states()) != ["delivered", "delivered"]
        outgoing.wait_for("delivered", "delivered")


def test_a_receiver_gets_messages_at_its_pace(outgoing: Delivering) -> None:
    """The next message begins no sooner than the pace allows."""
    times: list[float] = []
    with receiving() as receiver:
        hook, _ = outgoing.webhook(receiver.url)
        take = receiver.take

        def note(request: Received) -> Response:
            times.append(time.monotonic())
            return take(request)

        receiver.take = note  # type: ignore[method-assign]
        for hours in range(3):
            outgoing.add(rows(Receivers(webhooks=[hook]), bin_start=BIN + hours * HOUR))
        with outgoing.worker(pace_seconds=0.3):
            outgoing.wait_for(*["delivered"] * 3)
    # A request takes a moment to arrive, which may differ a little.
    assert all(later - earlier > 0.2 for earlier, later in pairwise(times))


def test_one_process_delivers_at_a_time(outgoing: Delivering) -> None:
    """Of two workers on one catalog only the one with the lease sends, so nothing is doubled."""
    with receiving(*[Response(pause=0.1)] * 6) as receiver, outgoing.worker(), outgoing.worker():
        hook, _ = outgoing.webhook(receiver.url)
        for hours in range(6):
            outgoing.add(rows(Receivers(webhooks=[hook]), bin_start=BIN + hours * HOUR))
        outgoing.wait_for(*["delivered"] * 6)
    assert len(receiver.received) == 6


def test_a_worker_that_lost_its_lease_changes_nothing(outgoing: Delivering) -> None:
    """Another worker sends the message again, with the same id, and only its result counts."""
    with receiving(Response(500, pause=1.5)) as receiver:
        outgoing.add(rows(Receivers(webhooks=[outgoing.webhook(receiver.url)[0]])))
        with outgoing.worker():
            receiver.wait_for(1)
            ended = update(WorkLease).values(lease_until=utc_now() - HOUR, owner=HOOK)
            outgoing.catalog.write(lambda session: session.execute(ended))
            with outgoing.worker():
                receiver.wait_for(2)
                outgoing.wait_for("delivered")
                eventually(lambda: receiver.script == [])
        assert outgoing.states() == ["delivered"]
    assert len(set(event_ids(receiver.received))) == 1
    assert outgoing.results == [("webhook", "delivered")]


def test_messages_of_a_deleted_model_are_cancelled(outgoing: Delivering) -> None:
    """Neither a waiting message nor one that is being sent is tried again; its result does not undo that."""
    with receiving(Response(500, pause=0.5)) as receiver:
        hook, _ = outgoing.webhook(receiver.url)
        outgoing.add(
            [*rows(Receivers(webhooks=[hook])), *rows(Receivers(webhooks=[hook]), wait=60, bin_start=BIN + HOUR)]
        )
        with outgoing.worker():
            receiver.wait_for(1)
            outgoing.catalog.write(lambda session: outbox.cancel_of_models(session, [RULE.model_id]))
            eventually(lambda: outgoing.results)
        assert outgoing.states() == ["cancelled", "cancelled"]
        assert {row.error for row in outgoing.messages()} == {"The model was deleted"}
    assert len(receiver.received) == 1


def test_ended_messages_are_forgotten(outgoing: Delivering) -> None:
    """Only those that ended before the time go."""
    outgoing.add(rows(Receivers(webhooks=[HOOK]), wait=3600))
    with outgoing.worker():
        outgoing.add(rows(Receivers(["me@example.com"])))
        eventually(lambda: "not_configured" in outgoing.states())
    forget = outgoing.catalog.write
    assert forget(lambda session: outbox.forget(session, utc_now() - HOUR, 100)) == 0
    assert forget(lambda session: outbox.forget(session, utc_now() + HOUR, 100)) == 1
    assert outgoing.states() == ["pending"]


def test_pauses_double_up_to_an_hour_within_a_day() -> None:
    """They begin with 10 s. A receiver may ask for a longer one, in seconds or by a date, but not for a shorter."""
    now = utc_now().replace(microsecond=0)

    def pause(attempts: int, retry_after: str | None = None) -> float | None:
        due = next_attempt(now, now, attempts, retry_after)
        return None if due is None else (due - now).total_seconds()

    assert [pause(attempts) for attempts in (1, 2, 3, 9, 10, 1000)] == [10, 20, 40, 2560, 3600, 3600]
    assert (pause(1, "5"), pause(1, "300"), pause(1, "86401"), pause(1, "soon")) == (10, 300, None, 10)
    date = (now + timedelta(minutes=30)).strftime("%a, %d %b %Y %H:%M:%S GMT")
    assert pause(1, date) == 1800
    assert next_attempt(now, now - timedelta(hours=23, minutes=30), 12, None) is None
