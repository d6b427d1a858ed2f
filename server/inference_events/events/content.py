"""Compare content by its typed values, for rows whose content hash was made by an older version.

The hash covers what was published, as it was converted then. If a later version converts a value in another way, the
same content gets another hash. A stored row is still the same if everything that the new row carries is stored. What
older versions are known to have converted in another way counts as equal.
"""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from inference_events.events.ingest.number_text import MAX_NUMBER_CHARACTERS, NUMBER, canonical_id
from inference_events.events.merging import RowNumbers, StoredRows
from inference_events.events.statuses import ExistingRows
from inference_events.events.types import EventBatch, Mask, WriteKind

INFINITIES = ("Infinity", "-Infinity")
TRUTHS = ("true", "false")
EXACT_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{9}", re.ASCII)


def outdated_rows(batch: EventBatch, found: ExistingRows, kind: WriteKind) -> RowNumbers:
    """Return the rows of a batch that an older hash cannot be compared with.

    Of repeated ids only the first row meets the stored one, except in a dataset.
    """
    rows: RowNumbers = np.flatnonzero(found.is_stored)
    if not len(rows):
        return rows
    stored = found.stored.take(pa.array(found.number[rows]))
    versions = pc.fill_null(stored["hash_version"], 0).to_numpy()
    differs = stored["content_hash"].to_numpy() != batch.system["content_hash"].to_numpy()[rows]
    rows = rows[differs & (versions < batch.hash_version)]
    if len(rows) and kind is not WriteKind.APPEND:
        rows = rows[np.isin(rows, np.unique(batch.groups, return_index=True)[1])]
    return rows


def same_content(batch: EventBatch, stored: StoredRows, kind: WriteKind) -> Mask:
    """Return which rows of a batch carry the same content as the stored rows, in their order."""
    same = _equal(batch.system["timestamp"], stored.system["timestamp"])
    same |= batch.system["timestamp"].is_null().to_numpy()
    for name in batch.values.column_names:
        new, old = batch.values[name], stored.values[name]
        unsure = np.flatnonzero(same & batch.carried[name] & ~_equal(new, old))
        for row in unsure.tolist():
            same[row] = _Cell(name, row, batch, stored, kind).is_same(new[row].as_py(), old[row].as_py())
    extras = zip(batch.system["undeclared"].to_pylist(), stored.system["undeclared"].to_pylist(), strict=True)
    for row, (new, old) in enumerate(extras):
        same[row] = same[row] and _same_undeclared(new, old)
    return same


class _Cell:
    """One value of a row, and what was found about it when it was written, then and now."""

    def __init__(self, name: str, row: int, batch: EventBatch, stored: StoredRows, kind: WriteKind) -> None:
        self._event_id = batch.system["event_id"][row].as_py()
        self._is_appended = kind is WriteKind.APPEND
        self._now = _violations(name, batch.system["violations"][row].as_py())
        self._then = _violations(name, stored.system["violations"][row].as_py())

    def is_same(self, new: Any, old: Any) -> bool:
        if "type" in self._now and "type" in self._then and self._now["type"] == self._then["type"]:
            return True
        return new is not None and self._is_alike(new, old)

    def _is_alike(self, new: Any, old: Any) -> bool:
        if isinstance(new, list) and isinstance(old, list):
            return len(new) == len(old) and all(map(self._is_alike, new, old))
        if isinstance(new, str) and isinstance(old, str):
            if "range" in self._then and _canonical(new) == _canonical(old):
                return True
            return new == old or canonical_id(new) == canonical_id(old) == self._event_id
        # Digits that a float does not hold were lost in CSV files, and what a dataset holds cannot be replaced.
        are_integers = type(new) is int and type(old) is int
        return bool(new == old) or (are_integers and self._is_appended and float(new) == float(old))


def _equal(new: pa.ChunkedArray, old: pa.ChunkedArray) -> Mask:
    if pa.types.is_list(new.type):
        pairs = zip(new.to_pylist(), old.to_pylist(), strict=True)
        return np.array([one is not None and one == other for one, other in pairs], bool)
    equal: Mask = pc.fill_null(pc.equal(new, old), False).to_numpy().copy()
    return equal


def _violations(column: str, found: list[Mapping[str, Any]]) -> dict[str, Any]:
    return {violation["kind"]: violation["value"] for violation in found if violation["column"] == column}


def _canonical(text: str) -> str:
    """Return the category that a text means: 1 for 1.0, and true for True."""
    if text.lower() in TRUTHS:
        return text.lower()
    if len(text) <= MAX_NUMBER_CHARACTERS and NUMBER.fullmatch(text):
        return str(Decimal(text).normalize() + 0)
    return text


def _same_undeclared(new: str | None, old: str | None) -> bool:
    if new is None or new == old:
        return True
    stored = orjson.loads(old) if old else {}
    sent = {name: value for name, value in orjson.loads(new).items() if value is not None}
    return all(name in stored and _same_json(value, stored[name]) for name, value in sent.items())


def _lost_nanoseconds(new: str, old: str) -> bool:
    """Return whether an older version cut the nanoseconds of a time."""
    return EXACT_TIME.fullmatch(new) is not None and old in (new[:26], new[:19])


def _same_json(new: Any, old: Any) -> bool:
    if isinstance(new, list) and isinstance(old, list):
        return len(new) == len(old) and all(map(_same_json, new, old))
    if isinstance(new, dict) and isinstance(old, dict):
        return new.keys() == old.keys() and all(_same_json(value, old[name]) for name, value in new.items())
    if isinstance(old, str) and isinstance(new, str) and _lost_nanoseconds(new, old):
        return True
    if old is None and new in INFINITIES:
        return True
    return isinstance(new, bool) == isinstance(old, bool) and bool(new == old)
