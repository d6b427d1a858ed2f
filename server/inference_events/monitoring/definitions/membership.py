"""Find the events of Arrow tables that belong to a segment."""

from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa

from inference_events.events.types import StoredEvents
from inference_events.limits import GIB
from inference_events.monitoring.engine.readers import open_instance
from inference_events.monitoring.fql import Segment

Mask: TypeAlias = np.ndarray[Any, np.dtype[np.bool_]]
Hashes: TypeAlias = np.ndarray[Any, np.dtype[np.uint64]]

# The hash by which the embedded store takes samples.
_ID_HASH = "md5_number_lower(event_id)"


class Membership:
    """Evaluate a segment in a database of its own, in memory. `close` it."""

    def __init__(self, segment: Segment) -> None:
        self._db = open_instance(GIB)
        self.columns = segment.columns
        # By place, because DuckDB takes names that differ only in case for one.
        places = {name: f"c{place}" for place, name in enumerate(segment.columns)}
        condition = segment.sql(places.__getitem__)
        self._sql = f"SELECT coalesce({condition.text}, false) AS is_member, {_ID_HASH} AS hash FROM part"
        self._values = list(condition.values)

    def find(self, events: StoredEvents) -> tuple[Mask, Hashes]:
        """Return for each event whether it belongs to the segment, and a hash of its id."""
        names = ["event_id", *(f"c{place}" for place in range(len(self.columns)))]
        columns = [events.system["event_id"], *(events.values[name] for name in self.columns)]
        self._db.register("part", pa.table(columns, names=names))
        found = self._db.execute(self._sql, self._values).fetchnumpy()
        return found["is_member"], found["hash"]

    def close(self) -> None:
        self._db.close()
