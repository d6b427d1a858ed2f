"""Violations of the schema, recorded with each row and counted by column."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from operator import itemgetter

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from inference_events.events.ingest.columns import Converted
from inference_events.events.types import VIOLATIONS, Mask

Places = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Violations:
    """Violations in the order of their rows.

    `names` are pairs of column and kind; `which` holds indexes into them. `raw` holds the value that was sent, as JSON
    text, if it was of another type.
    """

    rows: Places
    which: Places
    names: Sequence[tuple[str, str]]
    raw: pa.StringArray

    def lists(self, length: int) -> pa.ListArray:
        """Return the violations of each of `length` rows."""
        offsets = np.searchsorted(self.rows, np.arange(length + 1)).astype(np.int32)
        columns, kinds = zip(*self.names, strict=True) if self.names else ((), ())
        items = pa.StructArray.from_arrays(
            [
                pa.array(columns, pa.string()).take(pa.array(self.which)),
                pa.array(kinds, pa.string()).take(pa.array(self.which)),
                self.raw,
            ],
            fields=list(VIOLATIONS.value_type),
        )
        return pa.ListArray.from_arrays(pa.array(offsets), items)

    def within(self, low: int, high: int) -> "Violations":
        """Return those of the rows from `low` up to `high`."""
        if not len(self.rows):
            return self
        first, end = np.searchsorted(self.rows, [low, high])
        return replace(
            self, rows=self.rows[first:end] - low, which=self.which[first:end], raw=self.raw[int(first) : int(end)]
        )

    def of(self, rows: Places) -> "Violations":
        """Return those of some rows, which are sorted and numbered again."""
        numbers = np.searchsorted(rows, self.rows)
        kept = np.isin(self.rows, rows)
        return replace(self, rows=numbers[kept], which=self.which[kept], raw=self.raw.filter(pa.array(kept)))

    def rows_by_name(self) -> list[tuple[str, str, Places]]:
        """Return the rows of each pair of column and kind that occurs, sorted by the pair."""
        if not len(self.rows):
            return []
        order = np.argsort(self.which, kind="stable")
        ends = np.cumsum(np.bincount(self.which, minlength=len(self.names)))
        rows = np.split(self.rows[order], ends)[: len(self.names)]
        found = ((*name, own) for name, own in zip(self.names, rows, strict=True) if len(own))
        return sorted(found, key=itemgetter(0, 1))


def find_violations(converted: Mapping[str, Converted], carried: Mapping[str, Mask] | None) -> Violations:
    """Find values that are missing, of another type, or out of range; if `carried` is given, of those columns only."""
    found = [
        (name, kind, rows, raw)
        for name, column in converted.items()
        for kind, rows, raw in _of_column(column, None if carried is None else carried[name])
    ]
    rows = np.concatenate([np.zeros(0, np.int64), *(rows for _, _, rows, _ in found)])
    order = np.argsort(rows, kind="stable")
    which = np.repeat(np.arange(len(found)), [len(rows) for _, _, rows, _ in found])
    raw = pa.concat_arrays([pa.nulls(0, pa.string()), *(raw for _, _, _, raw in found)])
    names = [(name, kind) for name, kind, _, _ in found]
    return Violations(rows[order], which[order].astype(np.int64), names, raw.take(pa.array(order)))


def _of_column(column: Converted, carried: Mask | None) -> Iterator[tuple[str, Places, pa.StringArray]]:
    mistyped = np.array(sorted(column.mistyped), np.int64)
    if column.array.null_count:
        null: Mask = column.array.is_null().to_numpy(zero_copy_only=False).copy()
        null[mistyped] = False
        yield from _kept("missing", np.flatnonzero(null), carried)
    if len(mistyped):
        kept = mistyped if carried is None else mistyped[carried[mistyped]]
        yield "type", kept, pa.array([column.mistyped[row] for row in kept.tolist()], pa.string())
    if column.out_of_range is not None:
        yield from _kept("range", np.flatnonzero(column.out_of_range), carried)


def _kept(kind: str, rows: Places, carried: Mask | None) -> Iterator[tuple[str, Places, pa.StringArray]]:
    rows = rows if carried is None else rows[carried[rows]]
    if len(rows):
        yield kind, rows, pa.nulls(len(rows), pa.string())
