"""No input stops the server: others wait under a second, memory is released, and a restart is clean.

Each attack runs in a short form in `make test`, and in its full size in `make test-faults`.
"""

import gzip
import socket
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from tests.envelope import assert_error_envelope
from tests.faults.attack import withstand
from tests.faults.server_under_test import ServerUnderTest, server_under_test

MIB = 1024 * 1024
HEADERS = {"Content-Type": "application/json", "Content-Encoding": "gzip"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerUnderTest]:
    with server_under_test(tmp_path_factory.mktemp("attacks") / "data") as one:
        yield one


def test_peace(server: ServerUnderTest, counts: Counter[str]) -> None:
    """Without an attack no client waits and memory stays the same: the measurement itself is sound."""
    withstand(server, "none", lambda: None).check(counts, growth=100)


def tiny_values(server: ServerUnderTest, value: bytes, size: int) -> bytes:
    """Return a compressed body of one event, `size` bytes long, with the same value again and again."""
    items = b",".join([value] * (size // (len(value) + 1)))
    return events_body(server.create_model(), b'{"id": "a", "x": [' + items + b"]}")


def events_body(model_id: str, events: bytes) -> bytes:
    """Return a compressed body that publishes `events`."""
    body = b'{"model_id": "%s", "env_type": "PRODUCTION", "source": {"type": "EVENTS", "events": [%s]}}'
    return gzip.compress(body % (model_id.encode(), events), 1)


def post(server: ServerUnderTest, body: bytes) -> httpx.Response:
    return server.client.post("/v3/events", content=body, headers=HEADERS)


@pytest.mark.parametrize(
    ("value", "size"),
    [(b"[]", 20), *(pytest.param(value, 120, marks=pytest.mark.faults) for value in (b"[]", b"{}", b'""', b"[[[]]]"))],
)
def test_many_tiny_values_in_one_event(server: ServerUnderTest, counts: Counter[str], value: bytes, size: int) -> None:
    """An event of millions of tiny values is refused before it is decoded, at any length of its text."""
    bodies = [tiny_values(server, value, length * MIB) for length in (1, 6, size)]

    def attack() -> None:
        for body in bodies:
            response = post(server, body)
            assert response.status_code == 413
            assert_error_envelope(response.json(), 413)

    withstand(server, f"{size} MiB of {value.decode()}", attack).check(counts, growth=300)


@pytest.mark.parametrize("events", [5, pytest.param(20, marks=pytest.mark.faults)])
def test_many_values_within_the_limits(server: ServerUnderTest, counts: Counter[str], events: int) -> None:
    """As many values as a request may have are stored, and no other client waits."""
    event = b'{"id": "%d", "x": [' + b",".join([b"[]"] * 120_000) + b"]}"
    body = events_body(server.create_model(), b",".join(event % number for number in range(events)))
    withstand(server, f"{events} events with as many values as allowed", lambda: expect(post(server, body), 200)).check(
        counts, growth=1500
    )


def expect(response: httpx.Response, status: int) -> None:
    assert response.status_code == status, response.text[:300]


@pytest.mark.parametrize(
    ("events", "columns", "status"),
    [
        (20, 20_000, 400),
        (1000, 20, 200),
        pytest.param(20, 200_000, 400, marks=pytest.mark.faults),
        pytest.param(1000, 4_000, 400, marks=pytest.mark.faults),
    ],
)
def test_other_columns_in_each_event(
    server: ServerUnderTest, counts: Counter[str], events: int, columns: int, status: int
) -> None:
    """A request whose events have millions of different columns is refused; with the most allowed no client waits."""
    rows = [[b'"%d":1' % (event * columns + column) for column in range(columns)] for event in range(events)]
    model_id = server.create_model(event_id_col=None)
    body = events_body(model_id, b",".join(b"{" + b",".join(row) + b"}" for row in rows))
    name = f"{events} x {columns} different columns"
    withstand(server, name, lambda: expect(post(server, body), status)).check(counts, growth=1000)


@pytest.mark.faults
def test_wide_models(tmp_path: Path, counts: Counter[str]) -> None:
    """Models of 10,000 columns are created until all models have as many columns as they may, then refused."""
    names = [f"c{number}" for number in range(9_999)]
    columns = [{"name": name, "data_type": "float"} for name in names]
    statuses: list[int] = []
    with server_under_test(tmp_path / "data") as server:
        project_id = server.call("POST", "/v3/projects", json={"name": "wide"})["id"]
        fields = {"schema": {"columns": columns}, "spec": {"inputs": names}, "project_id": project_id}

        def create(number: int) -> int:
            response = server.client.post("/v3/models", json={"name": f"wide_{number}", **fields})
            if response.is_success:
                events = [dict.fromkeys(names, 1.5)]
                server.publish(response.json()["data"]["id"], {"type": "EVENTS", "events": events})
            return response.status_code

        figures = withstand(server, "wide models", lambda: statuses.extend(map(create, range(6))))
    assert statuses == [200] * 4 + [409] * 2
    figures.check(counts, growth=700)


@pytest.mark.parametrize("size", [4, pytest.param(40, marks=pytest.mark.faults)])
@pytest.mark.parametrize("path", [b"/healthz", b"/nothing", b"/docs/swagger-ui-bundle.js"])
def test_pipelined_requests_that_are_never_read(
    server: ServerUnderTest, counts: Counter[str], path: bytes, size: int
) -> None:
    """A client that sends megabytes of requests without a token, and reads no responses, is cut off."""
    request = b"GET %s HTTP/1.1\r\nHost: a\r\n\r\n" % path
    requests = request * (size * MIB // len(request))

    def attack() -> None:
        with ThreadPoolExecutor(4) as pool:
            for _ in range(4):
                pool.submit(send_unread, server, requests)

    withstand(server, f"4 x {size} MiB of requests to {path.decode()}", attack).check(counts, growth=100)


def send_unread(server: ServerUnderTest, data: bytes) -> None:
    """Send data without reading, until the server closes, or takes no more for a while."""
    address = urlsplit(server.url)
    with suppress(OSError), socket.create_connection((address.hostname, address.port), timeout=10) as connection:
        connection.sendall(data)
        time.sleep(1)


@pytest.mark.parametrize("events", [100, pytest.param(1000, marks=pytest.mark.faults)])
def test_a_page_of_large_events(server: ServerUnderTest, counts: Counter[str], events: int) -> None:
    """Events of a MiB each are read page by page: no response and no step takes more memory than a page."""
    model_id = server.create_model(event_ts_col=None)
    for start in range(0, events, 50):
        rows = (b'{"id": "%d", "text": "%s"}' % (start + row, b"x" * MIB) for row in range(50))
        expect(post(server, events_body(model_id, b",".join(rows))), 200)
    query = {"model_id": model_id, "env_type": "PRODUCTION", "limit": 1000}

    def attack() -> None:
        response = server.client.post("/v3/events/query", json=query)
        expect(response, 200)
        assert len(response.content) < 65 * MIB
        assert response.json()["data"]["next_cursor"]

    withstand(server, f"page of {events} events of a MiB", attack).check(counts, growth=900)


# Texts that patterns and parsers go through again and again, or that take far more memory than room.
HOSTILE_TEXTS = {
    "digits": "1" * 40_000 + "x",
    "dates": "2024-05-01 " * 4_000,
    "a list of Python": "(" + "1," * 250_000 + ")",
    "a list of NumPy": "[" + "1 " * 250_000 + "x]",
    "brackets": "[" * 100_000,
    "strings": "[" + "'a' " * 100_000 + "]x",
}


@pytest.mark.parametrize("name", ["digits", *(pytest.param(one, marks=pytest.mark.faults) for one in HOSTILE_TEXTS)])
def test_hostile_texts(server: ServerUnderTest, counts: Counter[str], tmp_path: Path, name: str) -> None:
    """A text in the place of a time, an id, a number or a vector holds up no client, in a request and in a file."""
    types = {"id": "int", "n": "float", "v": "vector"}
    columns = [{"name": column, "data_type": data_type} for column, data_type in types.items()]
    spec = {"inputs": ["n", "v"], "metadata": ["id"]}
    model_id = server.create_model(schema={"columns": columns}, spec=spec, event_id_col="id")
    text = HOSTILE_TEXTS[name]
    events = [{"id": number, "n": text, "v": text, "time": text if number % 2 else None} for number in range(4)]
    file = tmp_path / "rows.csv"
    file.write_text("id,n,v,time\n" + "".join(f'{number},"{text}","{text}","{text}"\n' for number in range(4)))

    def attack() -> None:
        body = {"model_id": model_id, "env_type": "PRODUCTION", "source": {"type": "EVENTS", "events": events}}
        assert server.client.post("/v3/events", json=body).status_code == 400
        job = server.publish(model_id, {"type": "FILE", "file_id": server.upload(file)})["job"]
        assert server.wait_for(job["id"])["status"] == "FAILURE"

    withstand(server, f"texts: {name}", attack).check(counts, growth=400)
