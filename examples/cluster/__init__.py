"""The demonstration of `examples.flights` with three replicas, one of which is killed, beside one embedded server."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from secrets import token_urlsafe
from tempfile import TemporaryDirectory
from types import FrameType
from uuid import UUID

import httpx
import psycopg
from rich.console import Console

from examples.cluster.kill import JobsReplicaKiller, KillingPublisher
from examples.flights import make_plan, publish_and_read_back
from examples.flights.flights import WHOLE_MONTHS
from examples.flights.plan import Plan
from examples.flights.publish import Publisher
from examples.flights.report import Phase, Work, show_outcome, show_rates
from examples.flights.server import ServerDidNotStart, serving
from examples.flights.verify import Reading
from inference_events_client import InferenceEvents, InferenceEventsError
from tests.program import Ended
from tests.servers.cluster import Cluster, running

REPLICAS = 3
MAX_SECONDS = 1200
_FAILURES = (InferenceEventsError, ServerDidNotStart, Ended, httpx.HTTPError, psycopg.Error, OSError, RuntimeError)


def run(days_per_month: int = WHOLE_MONTHS, console: Console | None = None) -> None:
    """Run the demonstration on the first `days_per_month` days of each month.

    All servers and their data are gone at the end. Ends the process with status 1 if anything that is read back differs
    from the source, and after 20 minutes.
    """
    console = console or Console()
    try:
        with _limited(MAX_SECONDS), TemporaryDirectory(prefix="inference-events-demo-") as directory:
            differences = _compare(Path(directory), days_per_month, console)
    except _FAILURES as error:
        console.print(str(error), style="bold red", markup=False)
        raise SystemExit(1) from None
    if differences:
        raise SystemExit(1)


def _compare(directory: Path, days_per_month: int, console: Console) -> list[str]:
    """Return the differences from the source in both runs."""
    with Work(console) as work:
        plan = make_plan(days_per_month, work)
    console.print("\nOne server with a data directory", style="bold")
    with serving(directory / "embedded") as client:
        alone, alone_phases = _publish(client, plan, console)
    console.print(f"\n{REPLICAS} replicas on PostgreSQL and a bucket, behind a proxy", style="bold")
    token = token_urlsafe()
    with (
        running(directory, token, REPLICAS) as (cluster, url),
        InferenceEvents(url, token, timeout=60, transport=httpx.HTTPTransport()) as client,
    ):
        together, phases = _publish_and_kill(client, plan, console, cluster)
    show_rates(console, {"one server": alone_phases, f"{REPLICAS} replicas": phases})
    return alone.differences + together.differences


def _publish_and_kill(
    client: InferenceEvents, plan: Plan, console: Console, cluster: Cluster
) -> tuple[Reading, list[Phase]]:
    killer = JobsReplicaKiller(cluster)
    result = _publish(client, plan, console, lambda work: partial(KillingPublisher, killer=killer, work=work))
    console.print(killer.report())
    return result


def _publish(
    client: InferenceEvents,
    plan: Plan,
    console: Console,
    publisher: Callable[[Work], Callable[[InferenceEvents, UUID], Publisher]] = lambda work: Publisher,
) -> tuple[Reading, list[Phase]]:
    with Work(console) as work:
        reading = publish_and_read_back(client, plan, work, publisher(work))
    show_outcome(console, reading, work.phases)
    return reading, work.phases


@contextmanager
def _limited(seconds: int) -> Iterator[None]:
    """Raise TimeoutError after some seconds, and SystemExit at SIGTERM, so that all servers are stopped."""
    signal.signal(signal.SIGALRM, partial(_give_up, seconds))
    signal.signal(signal.SIGTERM, _end)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)


def _give_up(seconds: int, number: int, frame: FrameType | None) -> None:
    raise TimeoutError(f"The demo is not complete after {seconds} s")


def _end(number: int, frame: FrameType | None) -> None:
    raise SystemExit(1)
