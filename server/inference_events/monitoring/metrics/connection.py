"""The connection that metrics need. DuckDB's own satisfies it, and so does the engine's, which is bounded."""

from typing import Any, Protocol


class Result(Protocol):
    """The rows of a statement, which are fetched once."""

    def fetchall(self) -> list[Any]: ...

    def fetchnumpy(self) -> dict[str, Any]: ...


class Connection(Protocol):
    """Executes a statement with its bound values. A statement names rows relations by quoted names."""

    def execute(self, query: str, parameters: Any = None, /) -> Result: ...
