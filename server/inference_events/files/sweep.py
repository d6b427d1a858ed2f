"""Delete the objects of the file store that no file needs.

Most of them were released: a transaction that removes a file or replaces a part marks its objects for deletion. The
others are orphans: the server ended after an object was stored and before a row named it.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from itertools import islice

from inference_events.catalog import Catalog, files
from inference_events.files.store import FileStore

STEP = 100
ORPHAN_HOURS = 24


def delete_released(catalog: Catalog, store: FileStore) -> Iterator[None]:
    """Delete the released objects, some at each step. An object that cannot be deleted stays released."""
    last = ""
    while keys := catalog.read(partial(files.released_keys, after=last, limit=STEP)):
        last = keys[-1]
        deleted = store.delete(keys)
        catalog.write(partial(files.forget_objects, keys=deleted))
        yield


class OrphanSweep:
    """Deletes the objects that no row names.

    If the store `is_shared`, the first sweep deletes nothing: a starting server may have the wrong catalog or store.
    """

    def __init__(self, catalog: Catalog, store: FileStore, *, is_shared: bool = False) -> None:
        self._catalog = catalog
        self._store = store
        self._waits = is_shared

    def run(self, now: datetime) -> Iterator[None]:
        """Delete orphans that were stored a day before `now` or earlier, some at each step."""
        if self._waits:
            self._waits = False
            return
        yield from self._delete(self._store.list_keys(now - timedelta(hours=ORPHAN_HOURS)))

    def _delete(self, listed: Iterator[str]) -> Iterator[None]:
        while keys := list(islice(listed, STEP)):
            self._store.delete(self._catalog.read(partial(files.unnamed_keys, keys=keys)))
            yield
