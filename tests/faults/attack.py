"""Measure the effect of an attack on others: how long they wait, how memory grows, and what a restart finds.

An honest client publishes one event and reads the server's health, again and again, while the attack runs. Prepare
the attack's bytes before it runs: Python code of the attacker competes with the honest client for the interpreter.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tests.e2e.process import TOKEN
from tests.faults.server_under_test import ServerUnderTest

# On a machine that is otherwise idle. The attacker shares its cores with the server.
MAX_WAIT_SECONDS = 1.0
MAX_KEPT_MIB = 300
PAUSE_SECONDS = 0.02
# The honest client gives up here, so that a server that hangs fails the test instead of blocking it.
TIMEOUT_SECONDS = 60
SETTLE_SECONDS = 15
WARM_UP_REQUESTS = 50


@dataclass(frozen=True)
class Figures:
    """The effect of an attack: the longest wait of another client in s, and MiB of the server with its children."""

    name: str
    seconds: float
    requests: int
    longest_wait: float
    rest: float
    peak: float
    settled: float
    restart: float

    @property
    def growth(self) -> float:
        """Return the growth of memory during the attack, in MiB."""
        return self.peak - self.rest

    @property
    def kept(self) -> float:
        """Return the growth of memory that stayed after the attack, in MiB."""
        return self.settled - self.rest

    def check(self, counts: Counter[str], *, growth: float) -> None:
        """Count, and check that others hardly waited, and that memory grew by less than `growth` MiB and returned."""
        self.count(counts)
        assert self.requests, self
        assert self.longest_wait < MAX_WAIT_SECONDS, self
        assert self.growth < growth, self
        assert self.kept < MAX_KEPT_MIB, self

    def count(self, counts: Counter[str]) -> None:
        """Put the figures into the table at the end of the run."""
        counts[f"attack {self.name}: others waited at most, ms"] += round(self.longest_wait * 1000)
        counts[f"attack {self.name}: memory grew by, MiB"] += round(self.growth)
        counts[f"attack {self.name}: memory kept, MiB"] += max(0, round(self.kept))


@dataclass
class HonestClient:
    """Publish single events and read the server's health, and note each wait in seconds."""

    server: ServerUnderTest
    model_id: str
    acknowledged: list[str] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def send(self, client: httpx.Client) -> None:
        """Send one publish and one health check."""
        event_id = f"honest-{len(self.waits)}"
        body = {
            "model_id": self.model_id,
            "env_type": "PRODUCTION",
            "source": {"type": "EVENTS", "events": [{"id": event_id, "number": len(self.waits)}]},
        }
        if self._timed(lambda: client.post("/v3/events", json=body)):
            self.acknowledged.append(event_id)
        self._timed(lambda: client.get("/healthz"))

    def _timed(self, request: Callable[[], httpx.Response]) -> bool:
        began = time.monotonic()
        try:
            response = request()
        except httpx.HTTPError as error:
            self.failures.append(type(error).__name__)
            return False
        finally:
            self.waits.append(time.monotonic() - began)
        if not response.is_success:
            self.failures.append(str(response.status_code))
        return response.is_success

    def run(self, stop: threading.Event) -> None:
        """Send requests until `stop` is set."""
        headers = {"Authorization": f"Bearer {TOKEN}"}
        with httpx.Client(base_url=self.server.url, headers=headers, timeout=TIMEOUT_SECONDS) as client:
            while not stop.is_set():
                self.send(client)
                time.sleep(PAUSE_SECONDS)


@dataclass
class MemoryProbe:
    """Sample the resident memory of a process and its children, in MiB."""

    pid: int
    peak: float = 0

    def __post_init__(self) -> None:
        # Restarts the kernel's own record of the peak, which misses no spike between two samples.
        Path(f"/proc/{self.pid}/clear_refs").write_text("5")

    def run(self, stop: threading.Event) -> None:
        """Sample until `stop` is set."""
        while not stop.is_set():
            self.peak = max(self.peak, tree_memory(self.pid))
            time.sleep(PAUSE_SECONDS)
        self.peak = max(self.peak, _status_mib(self.pid, "VmHWM"))


def tree_memory(pid: int) -> float:
    """Return the resident memory of a process and all of its children, in MiB."""
    memory = 0.0
    with suppress(FileNotFoundError, ProcessLookupError, StopIteration):
        memory = _status_mib(pid, "VmRSS")
        for task in Path(f"/proc/{pid}/task").iterdir():
            memory += sum(tree_memory(int(child)) for child in (task / "children").read_text().split())
    return memory


def _status_mib(pid: int, name: str) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(f"{name}:"))


def withstand(server: ServerUnderTest, name: str, attack: Callable[[], object]) -> Figures:
    """Run `attack` beside an honest client, then kill and restart the server, and return the figures.

    Checks that the server survives, serves the honest client at once, and has every acknowledged event, before and
    after the restart.
    """
    honest = HonestClient(server, server.create_model(event_ts_col=None))
    pid = server.pid
    _warm_up(honest)
    rest = tree_memory(pid)
    probe, stop = MemoryProbe(pid), threading.Event()
    threads = [threading.Thread(target=run, args=(stop,)) for run in (honest.run, probe.run)]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    try:
        attack()
        seconds = time.monotonic() - began
        # What the attack left to be done may hold up others as well.
        time.sleep(0.5)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert not honest.failures, Counter(honest.failures)
    settled = _settled(pid, rest)
    _check_acknowledged(honest)
    assert server.pid == pid, "the server was restarted by the attack"
    server.kill()
    restarting = time.monotonic()
    server.start()
    restart = time.monotonic() - restarting
    _check_acknowledged(honest)
    return Figures(name, seconds, len(honest.waits), max(honest.waits), rest, probe.peak, settled, restart)


def _warm_up(honest: HonestClient) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    with httpx.Client(base_url=honest.server.url, headers=headers, timeout=TIMEOUT_SECONDS) as client:
        for _ in range(WARM_UP_REQUESTS):
            honest.send(client)
    assert not honest.failures, Counter(honest.failures)
    honest.waits[:] = [0.0] * len(honest.waits)


def _settled(pid: int, rest: float) -> float:
    """Return the memory in MiB once it is back near its rest, or after a while."""
    until = time.monotonic() + SETTLE_SECONDS
    while (memory := tree_memory(pid)) > rest + MAX_KEPT_MIB / 3 and time.monotonic() < until:
        time.sleep(0.25)
    return memory


def _check_acknowledged(honest: HonestClient) -> None:
    stored = {event["event_id"] for event in honest.server.read_all(honest.model_id)}
    missing = set(honest.acknowledged) - stored
    assert not missing, f"{len(missing)} acknowledged events are missing"
