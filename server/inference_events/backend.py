"""The open stores of a server."""

from dataclasses import dataclass

from inference_events.catalog import Catalog
from inference_events.events.store import Store
from inference_events.files.store import FileStore


@dataclass(frozen=True)
class Backend:
    """Hold the open catalog, event store and file store of a server.

    `chunk_rows` is how many rows of a file the store gets at once, unless a setting says otherwise. `new_secret` is the
    secret of the admin token if this start had to make one, `replica` the name of one of several servers.
    """

    catalog: Catalog
    store: Store
    file_store: FileStore
    chunk_rows: int
    new_secret: str | None = None
    replica: str | None = None
