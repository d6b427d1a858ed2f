"""Incoming rows as a table: the events of requests, or a chunk of a file. Both are processed column by column."""

from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Any, Protocol

import numpy as np
import pyarrow as pa

from inference_events import exact_json
from inference_events.events.ingest.normalize import Values, as_list, normalize
from inference_events.events.ingest.raw_values import is_null, text_to_null
from inference_events.events.types import Mask


class IncomingRows(Protocol):
    """A table of incoming values. `is_csv` is true for CSV cells, which are text whose type only the schema gives."""

    is_csv: bool

    def __len__(self) -> int: ...

    @property
    def names(self) -> frozenset[str]:
        """All columns that any row has."""

    def column(self, name: str, *, as_text: bool = False) -> Values | None:
        """Return the values of a column, None if no row has it. With `as_text` they become text."""

    def present(self, name: str) -> Mask:
        """Return which rows contain the column, even if only a null."""

    def undeclared(self, known: frozenset[str], keep_nulls: bool) -> dict[int, dict[str, Any]]:
        """Return the values of unknown columns by row number, only for rows that have any."""


class JsonRows:
    """Events as they came in requests."""

    is_csv = False

    def __init__(self, events: Sequence[Mapping[str, Any]], *, unwraps: frozenset[str] = frozenset()) -> None:
        self._events = events
        self._unwraps = unwraps
        self._columns = _columns_of_like_events(events)
        self.names = frozenset(self._columns) if self._columns else frozenset().union(*events)

    def __len__(self) -> int:
        return len(self._events)

    def column(self, name: str, *, as_text: bool = False) -> Sequence[Any] | None:
        if name not in self.names:
            return None
        values = self._columns.get(name) or [event.get(name) for event in self._events]
        return [_unwrapped(value) for value in values] if name in self._unwraps else values

    def present(self, name: str) -> Mask:
        if name not in self.names:
            return np.zeros(len(self._events), bool)
        return np.fromiter((name in event for event in self._events), bool, len(self._events))

    def undeclared(self, known: frozenset[str], keep_nulls: bool) -> dict[int, dict[str, Any]]:
        if self.names <= known:
            return {}
        found = (
            {k: v for k, v in event.items() if k not in known and (keep_nulls or v is not None)}
            for event in self._events
        )
        return {row: extra for row, extra in enumerate(found) if extra}


def _columns_of_like_events(events: Sequence[Mapping[str, Any]]) -> dict[str, Sequence[Any]]:
    """Return the columns of events that all have the same keys, checked once per event; else nothing."""
    names = list(events[0]) if events else []
    if len(names) < 2 or any(len(event) != len(names) for event in events):
        return {}
    try:
        return dict(zip(names, zip(*map(itemgetter(*names), events), strict=True), strict=True))
    except KeyError:
        return {}


def _unwrapped(value: Any) -> Any:
    return value[0] if isinstance(value, list) and len(value) == 1 else value


class TableRows:
    """A table: a chunk of a file, or events that were decoded as columns. Every row contains every column."""

    def __init__(self, chunk: pa.Table, *, is_csv: bool) -> None:
        self.is_csv = is_csv
        self._chunk = chunk
        # pyarrow searches all columns to find one by its name.
        self._numbers = {name: number for number, name in enumerate(chunk.column_names)}
        self.names = frozenset(self._numbers)

    def __len__(self) -> int:
        return int(self._chunk.num_rows)

    def column(self, name: str, *, as_text: bool = False) -> Values | None:
        return self._values(name, as_text) if name in self.names else None

    def _values(self, name: str, as_text: bool) -> Values:
        number = self._numbers[name]
        return normalize(self._chunk.column(number), self._chunk.field(number), as_text=as_text)

    def present(self, name: str) -> Mask:
        return np.full(len(self), name in self.names)

    def undeclared(self, known: frozenset[str], keep_nulls: bool) -> dict[int, dict[str, Any]]:
        names = [name for name in self._numbers if name not in known]
        if not names:
            return {}
        columns = [_undeclared_values(self._values(name, as_text=True), self.is_csv) for name in names]
        found = (
            {name: value for name, value in zip(names, row, strict=True) if keep_nulls or not is_null(value)}
            for row in zip(*columns, strict=True)
        )
        return {row: extra for row, extra in enumerate(found) if extra}


def _undeclared_values(values: Values, is_csv: bool) -> Sequence[Any]:
    """Return the values of an unknown column as JSON can hold them."""
    if is_csv:
        values = text_to_null(values)
    listed = as_list(values)
    holds_texts = isinstance(values, pa.Array) and pa.types.is_string(values.type)
    return listed if holds_texts else [exact_json.with_words(value) for value in listed]
