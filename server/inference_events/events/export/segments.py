"""The events of a segment, and samples of them."""

from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from inference_events.events.types import Scan, StoredEvents
from inference_events.monitoring.definitions.membership import Hashes, Membership
from inference_events.monitoring.fql import Segment

Read = Callable[[Scan], Generator[StoredEvents, None, None]]
ALL = 2**62
GREATEST = np.uint64(2**64 - 1)
# Hashes of a sample are sorted out if there are this many more than needed.
SPARE_HASHES = 100_000


@dataclass(frozen=True)
class ChosenSegment:
    """A segment of the catalog, by its id, or a definition. The other one is None."""

    id: str | None
    definition: str | None


def scan_segment(read: Read, scan: Scan, segment: Segment, *, is_sampled: bool) -> Generator[StoredEvents, None, None]:
    """Yield those events of a scan that belong to a segment, part by part. `scan.most` counts events of the segment.

    If `is_sampled`, there may be more, and a sample is taken by a hash of their ids. `read` is the store's `scan`.
    """
    with closing(Membership(segment)) as membership:
        bound = _sample_bound(read, scan, membership) if is_sampled else GREATEST
        wanted = replace(scan, columns=list(dict.fromkeys([*scan.columns, *membership.columns])), most=ALL)
        left = scan.most
        with closing(read(wanted)) as parts:
            for part in parts:
                is_member, hashes = membership.find(part)
                chosen = _only(part, pa.array(is_member & (hashes <= bound)), scan, left)
                left -= chosen.system.num_rows
                if chosen.system.num_rows:
                    yield chosen
                if not left:
                    break


def _sample_bound(read: Read, scan: Scan, membership: Membership) -> np.uint64:
    """Return the greatest hash of an id in the sample."""
    smallest = np.array([], np.uint64)
    for hashes in _hashes(read, replace(scan, columns=list(membership.columns), most=ALL), membership):
        smallest = np.concatenate([smallest, hashes])
        if len(smallest) > scan.most + SPARE_HASHES:
            smallest = np.partition(smallest, scan.most)[: scan.most + 1]
    return GREATEST if len(smallest) <= scan.most else np.uint64(np.partition(smallest, scan.most - 1)[scan.most - 1])


def _hashes(read: Read, scan: Scan, membership: Membership) -> Iterator[Hashes]:
    with closing(read(scan)) as parts:
        for part in parts:
            is_member, hashes = membership.find(part)
            yield hashes[is_member]


def _only(part: StoredEvents, is_chosen: pa.Array, scan: Scan, most: int) -> StoredEvents:
    """Return the chosen events, at most `most`: some may have been stored since the sample was determined."""
    return StoredEvents(
        part.system.filter(is_chosen).slice(0, most),
        part.values.select(list(scan.columns)).filter(is_chosen).slice(0, most),
    )
