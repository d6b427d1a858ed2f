"""The backend of replicas: events, catalog and jobs in one PostgreSQL database, files in a bucket.

A replica keeps nothing in its data directory that must survive, so replicas come and go.
"""

import socket

from inference_events.backend import Backend
from inference_events.catalog.bootstrap import open_shared_catalog
from inference_events.catalog.errors import CatalogError
from inference_events.closing import OpenServices
from inference_events.disk import Disk
from inference_events.events.store_errors import StoreError, StoreTooNew
from inference_events.files.opening import open_file_store
from inference_events.files.store import FileStoreError
from inference_events.metrics import Metrics
from inference_events.settings import ENV_PREFIX, Settings

# A chunk locks its rows until its commit, and requests about the same events wait meanwhile.
CHUNK_ROWS = 10_000


class ClusterError(RuntimeError):
    """A replica cannot start. The message says why and shows no password."""


def is_cluster(settings: Settings) -> bool:
    """Return whether the settings are those of a replica. Raises ClusterError if the database or bucket is missing."""
    has_database, has_files = bool(settings.database_url.get_secret_value()), bool(settings.files_url)
    if has_database != has_files:
        missing = "FILES_URL" if has_database else "DATABASE_URL"
        raise ClusterError(f"Replicas need a database and a bucket: set {ENV_PREFIX}{missing}, too")
    return has_database


def open_cluster(settings: Settings, disk: Disk, metrics: Metrics, opened: OpenServices) -> Backend:
    """Open the backend. The first replica creates the tables. Raises ClusterError.

    Opened services are added to `opened`.
    """
    url = settings.database_url.get_secret_value()
    try:
        # The driver is installed with the extra `cluster` only.
        from inference_events.stores.postgres import PostgresEventStore

        catalog = open_shared_catalog(url, settings, disk.note_failure)
        opened.add("catalog", catalog.close)
        store = PostgresEventStore(url, observer=metrics)
        opened.add("event store", store.close)
        uses = {"events": store.database_use, "catalog": catalog.database_use}
        named = settings.replica or socket.gethostname()
        metrics.show_databases({pool: use for pool, use in uses.items() if use}, named)
        return Backend(catalog, store, open_file_store(settings.files_url or ""), CHUNK_ROWS, replica=named)
    except ImportError as error:
        raise ClusterError(f"{error.name} is missing: pip install 'inference-events[cluster]'") from None
    except StoreTooNew as error:
        raise ClusterError(
            "The database's events have format {}, and {} is the newest known here".format(*error.args)
        ) from None
    except (CatalogError, FileStoreError, StoreError) as error:
        raise ClusterError(" ".join(str(error).split())) from None
