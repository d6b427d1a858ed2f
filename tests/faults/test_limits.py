"""At every limit: a request just under it or at it is stored, one just over it is refused and leaves nothing.

Single odd requests are in tests/contract (test_probes, test_hostile_input); here it is whether they count up.
"""

import gzip
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import orjson
import pytest
import zstandard

from tests.envelope import assert_error_envelope
from tests.faults import content
from tests.faults.expected_state import Change, Kind
from tests.faults.recording_client import RecordingClient
from tests.faults.server_under_test import ServerUnderTest, server_under_test

EVENT_BODY, BODY, FILE = 300_000, 60_000, 100_000
IN_FLIGHT = 3_000_000
MIB = 1024 * 1024
BOMBS = 40
# Each of the threads that decompress may hold some 16 MiB that are not counted yet.
TOLERATED_MIB = 256
ENCODINGS: dict[str, Callable[[bytes], bytes]] = {"identity": bytes, "gzip": gzip.compress, "zstd": zstandard.compress}
MAX_COLUMNS = 10_000

# One byte, 64 KiB, and what text can be made of: each is an id of its own.
IDS = [
    "1", "\x00", "\x7f", " ", "\t", "\u00a0", "\u2028", "\ufeff", "\ufffe", "\uffff", "\U0010ffff", "\u200b",
    "\u0301", "e\u0301", "\u00e9", "\u212b", "\u00c5", "A\u030a", "\ufb01", "fi", "\u0130", "i\u0307", "\u1e9e", "ss",
    "\u05d0\u202e1", "\U0001f468\u200d\U0001f469\u200d\U0001f467", "\U0001f468", "\ud55c", "\u1112\u1161\u11ab",
    "null", "NaN", "0", "00", "-0", "1e3", "1000", "true", "x" * 65536, "x" * 65535 + "y",
]  # fmt: skip


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerUnderTest]:
    settings: dict[str, Any] = {
        "max_event_body_bytes": EVENT_BODY,
        "max_body_bytes": BODY,
        "max_file_bytes": FILE,
        "max_bodies_in_flight_bytes": IN_FLIGHT,
    }
    with server_under_test(tmp_path_factory.mktemp("limits") / "data", **settings) as one:
        yield one


@pytest.fixture
def recorder(server: ServerUnderTest, tmp_path: Path) -> RecordingClient:
    return RecordingClient(server, tmp_path)


def send(server: ServerUnderTest, method: str, path: str, body: Any, encoding: str = "identity") -> httpx.Response:
    data = body if isinstance(body, bytes) else orjson.dumps(body)
    headers = {"Content-Type": "application/json", "Content-Encoding": encoding}
    return server.client.request(method, path, content=ENCODINGS[encoding](data), headers=headers)


def assert_status(response: httpx.Response, status: int) -> None:
    assert response.status_code == status, response.text[:300]
    if status >= 400:
        assert_error_envelope(response.json(), status)


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_bodies_of_events(
    server: ServerUnderTest, recorder: RecordingClient, counts: Counter[str], encoding: str
) -> None:
    """The length after decompression counts, to the byte."""
    for length, status in ((EVENT_BODY - 1, 200), (EVENT_BODY, 200), (EVENT_BODY + 1, 413)):
        change = Change(Kind.PUBLISH, recorder.state.claim(100), recorder.state.next_revision())
        body = recorder.publish_body(change).ljust(length)
        assert_status(send(server, "POST", "/v3/events", body, encoding), status)
        if status == 200:
            recorder.state.apply(change)
    recorder.audit(counts)


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_other_bodies(server: ServerUnderTest, encoding: str) -> None:
    """The same holds for requests without events."""
    for length, status in ((BODY - 1, 200), (BODY, 200), (BODY + 1, 413)):
        name = f"length_{length}_{encoding}"
        body = orjson.dumps({"name": name}).ljust(length)
        assert_status(send(server, "POST", "/v3/projects", body, encoding), status)
        named = {"condition": "AND", "rules": [{"field": "name", "operator": "equal", "value": name}]}
        found = server.call("GET", "/v3/projects", params={"filter": orjson.dumps(named).decode()})["items"]
        assert len(found) == (status == 200)


@pytest.mark.parametrize(("length", "status"), [(FILE - 1, 200), (FILE, 200), (FILE + 1, 413)])
def test_files(server: ServerUnderTest, length: int, status: int) -> None:
    """A file of the largest size is kept, one byte more leaves nothing on the disk."""
    before = set((server.data_dir / "files").iterdir())
    response = server.client.post("/v3/files/upload", files={"file": ("rows.csv", b"a\n".ljust(length, b"1"))})
    assert_status(response, status)
    assert len(set((server.data_dir / "files").iterdir()) - before) == (status == 200)
    assert not list((server.data_dir / "incoming").iterdir())


def test_counts_of_events_and_ids(server: ServerUnderTest, recorder: RecordingClient, counts: Counter[str]) -> None:
    """1,000 events, and 1,000 ids to read or 10,000 to delete, are the most."""
    for count, status in ((999, 200), (1000, 200), (1001, 400)):
        assert_status(recorder.publish(count), status)
        ids = content.ids(recorder.state.prefix, np.arange(count)).to_pylist()
        query = {"model_id": recorder.model.id, "env_type": "PRODUCTION", "event_ids": ids}
        assert_status(send(server, "POST", "/v3/events/query", query), status)
    unknown = [f"{number}" for number in range(10_001)]
    assert_status(send(server, "DELETE", "/v3/events", {"model_id": recorder.model.id, "event_ids": unknown[1:]}), 202)
    assert_status(send(server, "DELETE", "/v3/events", {"model_id": recorder.model.id, "event_ids": unknown}), 400)
    recorder.audit(counts)


def test_bombs(server: ServerUnderTest, recorder: RecordingClient, counts: Counter[str]) -> None:
    """Bodies of a few kilobytes that stand for gigabytes are refused, and never fill the memory."""
    zeros = bytes(256 * MIB)
    gzipped, zstandardized = gzip.compress(zeros, 1), zstandard.compress(zeros)
    bombs = {"gzip": gzipped, "zstd": zstandardized}
    before = peak(server)

    def throw(number: int) -> httpx.Response:
        encoding = list(bombs)[number % len(bombs)]
        headers = {"Content-Type": "application/json", "Content-Encoding": encoding}
        return server.client.post("/v3/events", content=bombs[encoding], headers=headers)

    with ThreadPoolExecutor(10) as throwers:
        for response in throwers.map(throw, range(BOMBS)):
            assert response.status_code in (413, 503), response.text
            assert_error_envelope(response.json(), response.status_code)
    assert peak(server) - before < TOLERATED_MIB
    counts["bombs"] += BOMBS
    assert recorder.publish(500).is_success
    recorder.audit(counts)


def peak(server: ServerUnderTest) -> float:
    """Return the most memory that the server ever held, in MiB."""
    lines = Path("/proc", str(server.pid), "status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1024


def test_wide_events(server: ServerUnderTest, recorder: RecordingClient, counts: Counter[str]) -> None:
    """Events of thousands of columns that are undeclared, and different each time, are stored and read as they were."""
    wide = {f"column {number}": number for number in range(10_000)}
    assert_status(recorder.publish(1, **wide), 200)
    query = {"model_id": recorder.model.id, "env_type": "PRODUCTION"}
    (event,) = server.call("POST", "/v3/events/query", json=query)["items"]
    assert event["undeclared"] == wide
    for start in range(0, 20_000, 2000):
        more = {f"other {number}": None if number % 2 else "x" for number in range(start, start + 2000)}
        assert_status(recorder.publish(5, **more), 200)
    recorder.audit(counts)


@pytest.mark.parametrize("nested", [b"[" * 100_000, b'{"a":' * 100_000, b"[" * 500 + b"]" * 500])
def test_deep_events(server: ServerUnderTest, recorder: RecordingClient, counts: Counter[str], nested: bytes) -> None:
    """An event that nests too deep is refused with the other events of its request."""
    assert_status(recorder.publish(10), 200)
    head = f'{{"model_id": "{recorder.model.id}", "env_type": "PRODUCTION", "source": {{"type": "EVENTS", "events": ['
    body = f'{head}{{"id": "shallow"}}, {{"id": "deep", "note": '.encode() + nested[: BODY // 2] + b"}]}}"
    assert_status(send(server, "POST", "/v3/events", body), 400)
    recorder.audit(counts)


def test_ids_of_every_kind_are_told_apart(server: ServerUnderTest) -> None:
    """Published, labelled and deleted one by one, each id is one event, and its neighbours stay as they were."""
    model_id = server.create_model(event_ts_col=None)
    events = [{"id": id_, "number": number} for number, id_ in enumerate(IDS)]
    assert server.publish(model_id, {"type": "EVENTS", "events": events})["created"] == len(IDS)
    labels = [{"id": id_, "label": True} for id_ in IDS[::2]]
    assert server.publish(model_id, {"type": "EVENTS", "events": labels}, "PATCH")["unknown_event_ids"] == []
    gone = IDS[1::4]
    deletion = server.call("DELETE", "/v3/events", json={"model_id": model_id, "event_ids": gone})
    assert server.wait_for(deletion["job"]["id"])["info"]["deleted_events"] == len(gone)
    stored = {event["event_id"]: event["values"] for event in server.read_all(model_id)}
    assert stored == {
        id_: {"id": id_, "number": number, "label": True if number % 2 == 0 else None}
        for number, id_ in enumerate(IDS)
        if id_ not in gone
    }


@pytest.mark.faults
def test_as_many_columns_as_a_model_may_have(tmp_path: Path) -> None:
    """An event of 10,000 columns is published, labelled, read and downloaded; a model of one more is refused."""
    columns = [{"name": f"c{number}", "data_type": "int"} for number in range(MAX_COLUMNS + 1)]
    spec = {"inputs": [], "targets": ["c1"], "metadata": ["c0"]}
    fields: dict[str, Any] = {"spec": spec, "event_id_col": "c0", "event_ts_col": None}
    with server_under_test(tmp_path / "data") as server:
        model_id = server.create_model(schema={"columns": columns[:MAX_COLUMNS]}, **fields)
        event = {column["name"]: number for number, column in enumerate(columns[:MAX_COLUMNS])}
        server.publish(model_id, {"type": "EVENTS", "events": [event]})
        server.publish(model_id, {"type": "EVENTS", "events": [{"c0": 0, "c1": -1}]}, "PATCH")
        server.kill()
        server.start()
        (stored,) = server.read_all(model_id)
        assert stored["values"] == event | {"c1": -1}
        with pytest.raises(AssertionError, match='"code":400'):
            server.create_model(schema={"columns": columns}, **fields)
