"""The order in which services close."""

from collections.abc import Callable
from types import TracebackType
from typing import Self

import structlog

log = structlog.get_logger(__name__)


class OpenServices:
    """Close opened services in reverse order, because each may use those before it.

    A failure is logged, and the other services are still closed. As a context manager, it closes all if the block
    fails.
    """

    def __init__(self) -> None:
        self._opened: list[tuple[str, Callable[[], object]]] = []

    def add(self, name: str, close: Callable[[], object]) -> None:
        """Register an open service. `close` may return False to report that something still runs."""
        self._opened.append((name, close))

    def close(self) -> None:
        """Close all services. A second call does nothing."""
        while self._opened:
            name, close = self._opened.pop()
            try:
                if close() is False:
                    log.warning("service_still_runs", service=name)
            except Exception:
                log.error("service_not_closed", service=name, exc_info=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            self.close()
