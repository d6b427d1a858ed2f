"""The backend of a single process: DuckDB, SQLite and files, all in the data directory."""

import structlog

from inference_events.backend import Backend
from inference_events.catalog import leases, work_leases
from inference_events.catalog.bootstrap import checked_catalog, prepare_catalog
from inference_events.closing import OpenServices
from inference_events.data_directory import DataDirectory
from inference_events.disk import Disk
from inference_events.files.adoption import adopt_parts
from inference_events.files.local import LocalFileStore
from inference_events.metrics import Metrics
from inference_events.migration import check_directory, open_store
from inference_events.settings import Settings

# Two row groups of DuckDB.
CHUNK_ROWS = 245_760

log = structlog.get_logger(__name__)


def open_embedded(
    settings: Settings, directory: DataDirectory, disk: Disk, metrics: Metrics, opened: OpenServices
) -> Backend:
    """Open the backend in the data directory, after a migration if it needs one.

    Opened services are added to `opened`. Raises a DataDirectoryError.
    """
    check_directory(directory)
    catalog = checked_catalog(directory.catalog_file, disk.note_failure)
    opened.add("catalog", catalog.close)
    if catalog.migrated:
        log.info("catalog_migrated", **catalog.migrated)
    # No other process uses this directory, so the owner of each lease has ended.
    catalog.write(leases.end_all)
    catalog.write(work_leases.end_all)
    store = open_store(directory, catalog, settings.checkpoint_bytes, metrics, max_columns=settings.max_columns_in_sum)
    opened.add("event store", store.close)
    new_secret = prepare_catalog(catalog, settings, directory)
    file_store = LocalFileStore(directory.files, directory.incoming)
    adopt_parts(directory.parts, catalog, file_store)
    return Backend(catalog, store, file_store, CHUNK_ROWS, new_secret)
