"""Messages about alerts survive the death of the server: none is lost, and one is doubled only if its response was."""

from contextlib import closing
from datetime import timedelta
from functools import partial
from pathlib import Path

import httpx

from inference_events.catalog import Catalog, outbox
from inference_events.catalog.database import sqlite_url
from inference_events.notifications.composing import Receivers
from tests.notifications.judgements import BIN, rows
from tests.notifications.receivers import Receiver, Response, eventually, receiving
from tests.program import Program

TOKEN = "admin-token-of-the-outbox"
PAUSE = 0.5


def server(data_dir: Path, log: Path) -> Program:
    return Program(data_dir, TOKEN, {"allow_private_receivers": "true"}, log=log)


def create_webhook(url: str, receiver: Receiver) -> str:
    body = {"name": "hook", "url": receiver.url, "provider": "OTHER"}
    response = httpx.post(f"{url}/v2/webhooks", json=body, headers={"Authorization": f"Bearer {TOKEN}"})
    return str(response.json()["data"]["uuid"])


def judge(data_dir: Path, hook: str, count: int) -> list[str]:
    """Add messages about as many bins and return the ids of their records, as the evaluator would."""
    made = [
        rows(Receivers(webhooks=[hook]), bin_start=BIN + timedelta(hours=n), id=f"record {n}") for n in range(count)
    ]
    with closing(Catalog(sqlite_url(data_dir / "catalog.sqlite"))) as catalog:
        for batch in made:
            catalog.write(partial(outbox.add, rows=batch))
    return [f"record {n}" for n in range(count)]


def arrived(receiver: Receiver) -> list[tuple[str, str]]:
    """Return the record and the id of each message that arrived, in order."""
    return [(one.body["alerts"][0]["alert_record_id"], one.headers["X-Event-Id"]) for one in list(receiver.received)]


def is_idle(url: str) -> bool:
    metrics = httpx.get(f"{url}/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).text
    return 'undelivered_notifications{channel="webhook"} 0.0' in metrics


def test_a_message_is_sent_again_if_its_result_was_not_stored(tmp_path: Path) -> None:
    """A kill between the sending and the commit repeats that message alone, with the same id and content."""
    with receiving(Response(pause=PAUSE)) as receiver:
        program = server(tmp_path / "data", tmp_path / "log")
        program.start()
        hook = create_webhook(program.url, receiver)
        records = judge(tmp_path / "data", hook, 2)
        receiver.wait_for(1)
        program.kill()
        program.start()
        eventually(lambda: is_idle(program.url))
        program.stop()
    messages = arrived(receiver)
    assert sorted(record for record, _ in messages) == sorted([messages[0][0], *records])
    assert len(set(messages)) == 2
    assert "secret-path" not in (tmp_path / "log").read_text()
