"""Find out what a computation asks for, before any of its rows are read."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np

from inference_events.monitoring.metrics.connection import Connection, Result
from inference_events.monitoring.metrics.parts import Groups, Total
from inference_events.monitoring.sql_names import quoted


class Asking:
    """A connection, and `Parts`, in which the rows of the figures look empty. Baselines are read as they are.

    What a computation asks for does not depend on those rows, so it asks for the same when they are there.
    """

    def __init__(self, connection: Connection, relation: str) -> None:
        self._connection = connection
        self._relation = quoted(relation)
        self._totals: dict[Total, None] = {}
        self._groups: dict[str, Groups] = {}
        self.statements: list[tuple[str, Any]] = []

    @property
    def reads_rows(self) -> bool:
        """Whether statements read the rows themselves; `statements` has them with their values."""
        return bool(self.statements)

    @property
    def asked(self) -> list[Total | Groups]:
        return [*self._totals, *self._groups.values()]

    def execute(self, query: str, parameters: Any = None, /) -> Result:
        if self._relation not in query:
            return self._connection.execute(query, parameters)
        self.statements.append((query, parameters))
        return Nothing()

    def totals(self, totals: Sequence[Total]) -> list[tuple[Any, ...]]:
        self._totals |= dict.fromkeys(totals)
        return []

    def groups(self, groups: Groups) -> list[tuple[Any, ...]]:
        self._groups[repr(groups)] = groups
        return []


class Nothing:
    """No rows."""

    def fetchall(self) -> list[Any]:
        return []

    def fetchnumpy(self) -> dict[str, Any]:
        return defaultdict(lambda: np.empty(0))
