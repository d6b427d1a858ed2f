"""The interface of a server that is compared with ours."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from tests.bench.peers.process import Environment, Process


@dataclass(frozen=True)
class Effort:
    """The number of requests of a round, of 1,000 events and of one: as many as a peer handles in a few seconds."""

    batches: int
    singles: int


class Peer(Protocol):
    """A server with a data folder of its own, which outlives its processes."""

    name: str
    about: str
    """Its configuration, and which settings are not its defaults."""
    effort: Effort
    environment: Environment

    @property
    def processes(self) -> Sequence[Process]:
        """Its processes, each with its children, in the order in which they are ended."""

    def start(self) -> str:
        """Start on the existing data, and return the URL when it is ready. Raises NotStarted."""

    def publish_requests(self, start: int, requests: int, size: int) -> list[bytes]:
        """Return requests of `size` events each, of consecutive rows of the workload."""

    def stored(self) -> int:
        """Return how many events can be read now."""
