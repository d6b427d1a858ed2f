"""The load generator: sends prebuilt requests over kept connections, in its own process."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from itertools import cycle, islice
from multiprocessing import get_context
from statistics import median
from typing import cast
from urllib.parse import urlsplit

import uvloop

LAST_CHUNK = b"\r\n0\r\n\r\n"


@dataclass(frozen=True)
class Load:
    """Times of a round: `seconds` from the first request to the last response, and the latency of each, in seconds.

    `refusals` are the responses that were not a success; their latencies are not counted.
    """

    seconds: float
    latencies: list[float]
    refusals: list[str]

    @property
    def rate(self) -> float:
        """Requests a second that succeeded."""
        return len(self.latencies) / self.seconds


@dataclass
class Rounds:
    """Loads of rounds that alternate, by the name of the server or reference that got them."""

    loads: dict[str, list[Load]] = field(default_factory=lambda: defaultdict(list))

    def add(self, loads: Mapping[str, Load]) -> None:
        for name, load in loads.items():
            self.loads[name].append(load)

    def rate(self, name: str) -> float:
        """Return the median of the requests a second."""
        return median(load.rate for load in self.loads[name])

    def latencies(self, name: str) -> list[float]:
        return [latency for load in self.loads[name] for latency in load.latencies]


class Refused(Exception):
    """A response was not a success; the message is the response."""


class Generator(AbstractContextManager["Generator"]):
    """Sends rounds of requests from a process of its own."""

    def __init__(self) -> None:
        self._pool = ProcessPoolExecutor(1, mp_context=get_context("spawn"))

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown()

    def run(self, urls: str | Sequence[str], requests: Sequence[bytes], connections: int) -> Load:
        """Send every request once; each connection sends its next when it has its response. Raises Refused.

        Of several URLs, each gets as many of the connections.
        """
        load = self.try_all(urls, requests, connections)
        if load.refusals:
            raise Refused(load.refusals[0])
        return load

    def try_all(self, urls: str | Sequence[str], requests: Sequence[bytes], connections: int) -> Load:
        """Do the same, but continue after a refusal."""
        chosen = [urls] if isinstance(urls, str) else urls
        return self._pool.submit(_run, chosen, requests, connections).result()


def request(method: str, path: str, token: str, body: bytes) -> bytes:
    """Return the bytes of a request with a JSON body."""
    return message(method, path, {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}, body)


def message(method: str, path: str, headers: Mapping[str, str], body: bytes) -> bytes:
    """Return the bytes of a request."""
    fields = {"Host": "127.0.0.1", **headers, "Content-Length": len(body)}
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items())]
    return "\r\n".join([*lines, "", ""]).encode() + body


def message_end(data: bytes | bytearray) -> int | None:
    """Return the end of the first message of `data`, or None if it is not known yet.

    A body in chunks must be JSON, which has no line ends of HTTP.
    """
    head = data.find(b"\r\n\r\n")
    if head < 0:
        return None
    _, is_stated, rest = data[:head].lower().partition(b"content-length:")
    if is_stated:
        return head + 4 + int(rest.split(b"\r\n", 1)[0])
    if b"\r\ntransfer-encoding: chunked" not in data[:head].lower():
        return head + 4
    end = data.find(LAST_CHUNK, head + 2)
    return None if end < 0 else end + len(LAST_CHUNK)


def _run(urls: Sequence[str], requests: Sequence[bytes], connections: int) -> Load:
    return uvloop.run(_send(urls, requests, connections))


async def _send(urls: Sequence[str], requests: Sequence[bytes], connections: int) -> Load:
    waiting, load = iter(requests), Load(0, [], [])
    chosen = islice(cycle(urls), min(connections, len(requests)))
    clients = [await _connect(url, waiting, load) for url in chosen]
    started = time.perf_counter()
    for client in clients:
        client.send_next()
    await asyncio.gather(*(client.done for client in clients))
    return replace(load, seconds=time.perf_counter() - started)


async def _connect(url: str, waiting: Iterator[bytes], load: Load) -> "_Client":
    host, port = urlsplit(url).netloc.split(":")
    loop = asyncio.get_running_loop()
    _, client = await loop.create_connection(lambda: _Client(waiting, load), host, int(port))
    return client


class _Client(asyncio.Protocol):
    """One connection. It takes its next request from those that wait, and adds the result to the load."""

    def __init__(self, waiting: Iterator[bytes], load: Load) -> None:
        self.done = asyncio.get_running_loop().create_future()
        self._waiting = waiting
        self._load = load
        self._response = bytearray()
        self._end: int | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def send_next(self) -> None:
        message = next(self._waiting, None)
        if message is None:
            self._transport.close()
            self.done.set_result(None)
            return
        self._sent = time.perf_counter()
        self._transport.write(message)

    def data_received(self, data: bytes) -> None:
        self._response += data
        self._end = self._end or message_end(self._response)
        if self._end is not None and len(self._response) >= self._end:
            self._take_response()

    def connection_lost(self, error: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(error or Refused("the connection was closed"))

    def _take_response(self) -> None:
        if self._response[9:10] == b"2":
            self._load.latencies.append(time.perf_counter() - self._sent)
        else:
            self._load.refusals.append(self._response[:500].decode(errors="replace"))
        self._response.clear()
        self._end = None
        self.send_next()
