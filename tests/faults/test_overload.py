"""More than the server can hold is refused at once, and what it has accepted goes on."""

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import httpx
import numpy as np

from tests.e2e.process import TOKEN
from tests.envelope import assert_error_envelope
from tests.faults.ledger import Change, Kind
from tests.faults.load import EVENTS_PATH
from tests.faults.scribe import Scribe
from tests.faults.subject import Subject, subject

FEW, MANY = 3, 48
ROUND_SECONDS = 1
# A share of the rate without overload that shows no more than that work goes on, on any machine.
GOES_ON = 0.2


@dataclass(frozen=True)
class Sent:
    """A request, what came of it, and how many seconds that took."""

    change: Change
    answer: httpx.Response
    seconds: float


def send_for_a_while(server: Subject, scribe: Scribe, client_number: int, clients: int) -> list[Sent]:
    """Publish 1,000 events again and again."""
    sent: list[Sent] = []
    until = time.monotonic() + ROUND_SECONDS
    with httpx.Client(base_url=server.url, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=60) as client:
        while time.monotonic() < until:
            # Each client has numbers of its own: what is refused is not asked for again.
            start = (len(sent) * clients + client_number) * 1000
            change = Change(Kind.PUBLISH, np.arange(start, start + 1000), client_number + 1)
            body = scribe.publish_body(change)
            began = time.monotonic()
            answer = client.post(EVENTS_PATH, content=body, headers={"Content-Type": "application/json"})
            sent.append(Sent(change, answer, time.monotonic() - began))
    return sent


def flood(server: Subject, tmp_path: Path, clients: int, counts: Counter[str]) -> tuple[list[Sent], list[Sent]]:
    """Let clients publish at once to a new model, and audit it. Return what was accepted and what was refused."""
    scribe = Scribe(server, tmp_path)
    with ThreadPoolExecutor(clients) as pool:
        each = pool.map(lambda number: send_for_a_while(server, scribe, number, clients), range(clients))
        sent = [one for ones in each for one in ones]
    scribe.ledger.claim(max(int(one.change.numbers[-1]) for one in sent) + 1)
    accepted = [one for one in sent if one.answer.is_success]
    for one in accepted:
        scribe.ledger.apply(one.change)
    scribe.audit(counts)
    return accepted, [one for one in sent if not one.answer.is_success]


def test_too_much_is_refused_at_once(tmp_path: Path, counts: Counter[str]) -> None:
    """Beyond the bytes that may be in flight the answer is 503 with Retry-After; the rest is stored as ever."""
    with subject(tmp_path / "data", max_bodies_in_flight_bytes=600_000) as server:
        usual, refused = flood(server, tmp_path, FEW, counts)
        assert not refused
        accepted, refused = flood(server, tmp_path, MANY, counts)
        assert server.gauge("inference_events_http_bodies_in_flight_bytes") == 0
    assert refused
    for one in refused:
        assert one.answer.status_code == 503
        assert_error_envelope(one.answer.json(), 503)
        assert int(one.answer.headers["Retry-After"]) > 0
    assert np.median([one.seconds for one in refused]) < np.median([one.seconds for one in accepted])
    assert len(accepted) > GOES_ON * len(usual)
    counts["requests refused under overload"] += len(refused)
    counts["requests accepted under overload"] += len(accepted)
