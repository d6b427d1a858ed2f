"""Readiness: whether the server can serve, and whether it can write."""

from inference_events.catalog import Catalog
from inference_events.disk import Disk
from inference_events.events.store import Store


class Readiness:
    """Report whether requests can be served. The server sets `is_running` at its start and its stop."""

    def __init__(self, catalog: Catalog, store: Store, disk: Disk) -> None:
        self._catalog = catalog
        self._store = store
        self._disk = disk
        self.is_running = False

    def is_ready(self) -> bool:
        """Report whether something can be served. It may take a moment.

        On a full disk that may be the catalog alone.
        """
        return self._catalog.ping() and self.is_running and (self._store.ping() or not self.is_writable())

    def is_writable(self) -> bool:
        """Report whether the disk takes writes."""
        return self._disk.is_writable
