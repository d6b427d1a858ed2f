"""A session with a peer: it is started, does each work once, and is stopped. One peer runs at a time."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from statistics import median
from threading import Event, Thread

from tests.bench.load import Generator
from tests.bench.peers.peer import Effort, Peer

BATCH = 1000
KILLED_AFTER = 20
SAMPLE_SECONDS = 0.2


@dataclass(frozen=True)
class Plan:
    """The amount of work. `killed_batch` is the size of the 20 requests after which a peer is killed.

    A peer that stores after its response gets `patience` seconds to do so; events stored by then count.
    """

    rounds: int
    killed_batch: int
    patience: float
    share: float

    def effort(self, peer: Peer) -> Effort:
        """Return this plan's share of a peer's effort, at least one request for each connection."""
        whole = peer.effort
        return Effort(max(8, int(self.share * whole.batches)), max(64, int(self.share * whole.singles)))


@dataclass
class Work:
    """Results of the rounds of one work: events a second acknowledged and stored, latencies in seconds, peak MiB."""

    acknowledged: list[float] = field(default_factory=list)
    stored: list[float] = field(default_factory=list)
    latencies: list[float] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    memory: float = 0

    @property
    def acknowledged_rate(self) -> float:
        return median(self.acknowledged)

    @property
    def stored_rate(self) -> float:
        return median(self.stored)


@dataclass
class Record:
    """The results of a peer's sessions. `starts` are in seconds, the first on an empty folder.

    `kept` is how many of the events that it had `acknowledged` were there after it was killed.
    """

    peer: Peer
    starts: list[float] = field(default_factory=list)
    singles: Work = field(default_factory=Work)
    batches: Work = field(default_factory=Work)
    acknowledged: int = 0
    kept: int | None = None
    rows: int = 0

    def take_rows(self, count: int) -> int:
        """Return the first of `count` rows of the workload that the peer has not seen."""
        self.rows += count
        return self.rows - count


class SessionRunner:
    """Run sessions with peers by a plan and a load generator."""

    def __init__(self, plan: Plan, generator: Generator) -> None:
        self._plan = plan
        self._generator = generator

    def run(self, record: Record) -> None:
        """Do each work once, after a few requests to warm up, and in the first session kill the peer before all that.

        Raises NotStarted.
        """
        effort = self._plan.effort(record.peer)
        try:
            url = self._start(record)
            if record.kept is None:
                url = self._kill(record, url)
            self._load(record, Work(), url, 64, 1, 64)
            self._load(record, record.singles, url, effort.singles, 1, 64)
            self._load(record, record.batches, url, effort.batches, BATCH, 8)
        finally:
            for process in record.peer.processes:
                process.stop()

    def _start(self, record: Record) -> str:
        started = time.perf_counter()
        url = record.peer.start()
        record.starts.append(time.perf_counter() - started)
        return url

    def _kill(self, record: Record, url: str) -> str:
        """Kill the peer right after it has acknowledged the last of some events, and count the events that it has kept.

        Returns the URL at which it serves again.
        """
        peer, plan = record.peer, self._plan
        start = record.take_rows(KILLED_AFTER * plan.killed_batch)
        requests = peer.publish_requests(start, KILLED_AFTER, plan.killed_batch)
        load = self._generator.try_all(url, requests, 8)
        for process in peer.processes:
            process.kill()
        url = self._start(record)
        record.acknowledged, record.kept = plan.killed_batch * len(load.latencies), peer.stored()
        return url

    def _load(self, record: Record, work: Work, url: str, count: int, size: int, connections: int) -> None:
        peer = record.peer
        requests = peer.publish_requests(record.take_rows(count * size), count, size)
        before = peer.stored()
        with _peak_memory(peer) as sampled:
            load = self._generator.try_all(url, requests, connections)
            waited, stored = self._settle(peer, before + len(load.latencies) * size)
        work.acknowledged.append(size * load.rate)
        work.stored.append((stored - before) / (load.seconds + waited))
        work.latencies += load.latencies
        work.refusals += load.refusals
        work.memory = max(work.memory, *sampled)

    def _settle(self, peer: Peer, wanted: int) -> tuple[float, int]:
        """Wait until all is stored, and return the seconds that took and how many events are."""
        started, waited = time.perf_counter(), 0.0
        while (stored := peer.stored()) < wanted and waited < self._plan.patience:
            time.sleep(SAMPLE_SECONDS)
            waited = time.perf_counter() - started
        return waited, stored


@contextmanager
def _peak_memory(peer: Peer) -> Iterator[list[float]]:
    """Sample within the block how many MiB a peer holds."""
    samples, ended = list[float](), Event()

    def sample() -> None:
        while not samples or not ended.wait(SAMPLE_SECONDS):
            samples.append(sum(process.memory() for process in peer.processes))

    sampler = Thread(target=sample)
    sampler.start()
    try:
        yield samples
    finally:
        ended.set()
        sampler.join()
