"""The kill of the demo: the replica that runs a file job ends in the middle of it."""

import time
from uuid import UUID

import httpx

from examples.flights.flights import Flights
from examples.flights.publish import Publisher
from examples.flights.report import Work
from inference_events_client import InferenceEvents
from tests.program import Program
from tests.servers.cluster import Cluster

FILES_BEFORE = 2
_LEASES = 'inference_events_job_leases_total{status="claimed"}'
_POLL_SECONDS = 0.01
_MAX_SECONDS = 30


class JobsReplicaKiller:
    """Kill the replica that runs the next job. Its URL stays with the proxy, which finds nobody there."""

    def __init__(self, cluster: Cluster) -> None:
        self._replicas = list(zip(cluster.replicas, cluster.urls, strict=True))
        self._before: list[float] = []
        self._killed = ""
        self._killed_at = 0.0
        self._seconds = 0.0

    def prepare(self) -> None:
        """Note how many jobs each replica has run. Call it before the job is accepted."""
        self._before = [_claims(url) for _, url in self._replicas]

    def kill(self) -> None:
        """Wait until a replica runs the job, and end that replica as a crash would. Raises TimeoutError."""
        deadline = time.monotonic() + _MAX_SECONDS
        while (running := self._running()) is None:
            if time.monotonic() > deadline:
                raise TimeoutError(f"No replica runs the job after {_MAX_SECONDS} s")
            time.sleep(_POLL_SECONDS)
        number, replica = running
        replica.kill()
        self._killed = f"Replica {number} was killed with -9 while it ran a file job"
        self._killed_at = time.monotonic()

    def note_end(self) -> None:
        """Note that the job has ended."""
        self._seconds = time.monotonic() - self._killed_at

    def report(self) -> str:
        """Return a sentence about what was done."""
        return f"{self._killed}; another replica ended the job {self._seconds:.0f} s later."

    def _running(self) -> tuple[int, Program] | None:
        for number, (replica, url) in enumerate(self._replicas):
            if _claims(url) > self._before[number]:
                return number + 1, replica
        return None


class KillingPublisher(Publisher):
    """Publish, and kill a replica in the middle of the third file."""

    def __init__(self, client: InferenceEvents, model_id: UUID, killer: JobsReplicaKiller, work: Work) -> None:
        super().__init__(client, model_id)
        self._killer = killer
        self._work = work
        self._files = 0

    def publish_file(self, flights: Flights) -> None:
        if self._files == FILES_BEFORE:
            self._publish_and_kill(flights)
        else:
            super().publish_file(flights)
        self._files += 1

    def _publish_and_kill(self, flights: Flights) -> None:
        with self._work.phase("Kill the replica that publishes a file", len(flights)) as advance:
            self._killer.prepare()
            job_id = self._accept_file(flights)
            self._killer.kill()
            self._finish(job_id)
            self._killer.note_end()
            advance(len(flights))


def _claims(url: str) -> float:
    """Return how many jobs a replica has begun to run."""
    lines = httpx.get(f"{url}/metrics", timeout=10).raise_for_status().text.splitlines()
    return sum(float(line.split()[-1]) for line in lines if line.startswith(_LEASES))
