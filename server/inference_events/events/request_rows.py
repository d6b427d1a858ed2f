"""The events of several requests as one table."""

from collections.abc import Sequence
from itertools import accumulate, islice

import pyarrow as pa

from inference_events.context import RawEvents
from inference_events.errors import BadRequest
from inference_events.events.ingest.json_text import JsonReader
from inference_events.events.ingest.rows import IncomingRows, JsonRows, TableRows
from inference_events.events.pending_requests import Event, PendingRequest, Slice
from inference_events.events.types import WriteKind
from inference_events.models.schema import ModelSchema

# Each column costs some microseconds, even if a single event has it. A model has at most 10,000.
MAX_COLUMNS = 20_000


class RequestRows:
    """Makes tables of the events of requests. It remembers which form texts had, for the next ones of a model."""

    def __init__(self) -> None:
        self._reader = JsonReader()

    def read(self, group: Sequence[PendingRequest], schema: ModelSchema) -> tuple[IncomingRows, list[Slice]]:
        """Put the events of a group into one table. Raises BadRequest if they have too many different columns."""
        read = self._parse_texts(group, schema)
        if read is not None:
            table, sizes = read
            return TableRows(table, is_csv=False), _slices(group, sizes)
        for pending in group:
            _check_columns(pending.decoded())
        events = [event for pending in group for event in pending.decoded()]
        is_update = group[0].target.kind is WriteKind.UPDATE
        rows = JsonRows(events, unwraps=schema.unwrapped if is_update else frozenset())
        return rows, _slices(group, [len(pending.decoded()) for pending in group])

    def _parse_texts(self, group: Sequence[PendingRequest], schema: ModelSchema) -> tuple[pa.Table, list[int]] | None:
        """Parse the texts of a group with Arrow, or return None if the events must be decoded one by one.

        Updates must be: they distinguish null from missing."""
        undecoded = [pending.events for pending in group if isinstance(pending.events, RawEvents)]
        if len(undecoded) < len(group) or group[0].target.kind is WriteKind.UPDATE:
            return None
        read = self._reader.read([events.text for events in undecoded], schema)
        if read is not None and all(events.allows(size) for events, size in zip(undecoded, read[1], strict=True)):
            return read
        self._reader.observe(group[0].decoded(), schema)
        return None


def _slices(group: Sequence[PendingRequest], sizes: Sequence[int]) -> list[Slice]:
    ends = list(accumulate(sizes, initial=0))
    return [Slice(*bounds) for bounds in zip(group, ends, ends[1:], strict=False)]


def _check_columns(events: Sequence[Event]) -> None:
    """Raise BadRequest if the events of a request have too many different columns."""
    if sum(map(len, events)) <= MAX_COLUMNS:
        return
    columns: set[str] = set()
    for event in events:
        columns.update(islice(event, MAX_COLUMNS + 1))
        if len(columns) > MAX_COLUMNS:
            message = f"have more than {MAX_COLUMNS} different columns; send them in several requests"
            raise BadRequest.at("/source/events", message)
