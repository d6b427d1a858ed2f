"""The open stores of a server."""

from dataclasses import dataclass

from inference_events.catalog import Catalog
from inference_events.events.store import Store
from inference_events.files.store import FileStore


@dataclass(frozen=True)
class Backend:
    """Hold the open catalog, event store and file store of a server.

    `new_secret` is the secret of the admin token if this start had to make one.
    """

    catalog: Catalog
    store: Store
    file_store: FileStore
    new_secret: str | None = None
