"""Report whether the server can serve requests, and whether it can write."""

from inference_events.catalog import Catalog
from inference_events.disk import Disk
from inference_events.events.store import Store


class Readiness:
    """The readiness of the server, which sets `is_running` at its start and its stop."""

    def __init__(self, catalog: Catalog, store: Store, disk: Disk) -> None:
        self._catalog = catalog
        self._store = store
        self._disk = disk
        self.is_running = False

    def is_ready(self) -> bool:
        """Return whether the server can serve anything. The check may take a moment.

        On a full disk that may be the catalog alone.
        """
        return self._catalog.ping() and self.is_running and (self._store.ping() or not self.is_writable())

    def is_writable(self) -> bool:
        """Return whether the disk takes writes."""
        return self._disk.is_writable
