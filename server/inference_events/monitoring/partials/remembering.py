"""Remember what statements find in baselines: within a computation, and for later ones until their rows change.

Unlike partials it is kept whole, because little of it merges, and baselines rarely change.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from inference_events.events.hours import is_dirty
from inference_events.events.types import DataRevision
from inference_events.monitoring.engine import Computation, RowSelection
from inference_events.monitoring.metrics.connection import Connection, Result
from inference_events.monitoring.partials.filling import scope_of, statement_key
from inference_events.monitoring.partials.kept import Found
from inference_events.monitoring.sql_names import quoted


class RememberingConnection:
    """A connection that remembers what statements found in some relations, given by their selections."""

    def __init__(
        self, connection: Connection, computation: Computation, selections: Mapping[str, RowSelection]
    ) -> None:
        self._connection = connection
        self._computation = computation
        self._selections = selections
        self._found: dict[bytes, list[Any]] = {}

    def execute(self, query: str, parameters: Any = None, /) -> Result:
        selection = next((one for name, one in self._selections.items() if quoted(name) in query), None)
        if selection is None:
            return self._connection.execute(query, parameters)
        bounds = None if selection.bins is None else selection.bins.bounds
        scope = (*scope_of(self._computation, selection), bounds)
        key = statement_key(scope, (query, parameters))
        if key not in self._found:
            self._found[key] = self._find(key, selection, lambda: self._connection.execute(query, parameters))
        return Remembered(self._found[key])

    def _find(self, key: bytes, selection: RowSelection, execute: Callable[[], Result]) -> list[Any]:
        kept: Found | None = self._computation.cache.get(key)
        if kept is not None and not self._has_changed(selection, kept.revision):
            return kept.rows
        rows = execute().fetchall()
        revision = self._computation.data_revision(selection.environment_id)
        self._computation.cache.keep(key, Found(revision, rows))
        return rows

    def _has_changed(self, selection: RowSelection, since: DataRevision) -> bool:
        """Report whether events of a selection may have changed after a revision."""
        dirty = self._computation.dirty_hours(selection.environment_id, since)
        bounds = None if selection.bins is None else (selection.bins.bounds[0], selection.bins.bounds[-1])
        return is_dirty(bounds, dirty)


@dataclass(frozen=True)
class Remembered:
    """The rows of a statement."""

    rows: list[Any]

    def fetchall(self) -> list[Any]:
        return self.rows

    def fetchnumpy(self) -> dict[str, Any]:
        raise NotImplementedError("statements about baselines give few rows")
