"""Delete the objects of the file store that no file needs.

Most were released: a transaction that removes a file or replaces a part keeps the keys of its objects for deletion. The
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


def delete_orphans(catalog: Catalog, store: FileStore, now: datetime) -> Iterator[None]:
    """Delete the objects that no row names, some at each step: those that were stored a day before `now` or earlier."""
    listed = store.list_keys(now - timedelta(hours=ORPHAN_HOURS))
    while keys := list(islice(listed, STEP)):
        store.delete(catalog.read(partial(files.unnamed_keys, keys=keys)))
        yield
