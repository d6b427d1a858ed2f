"""Adopt the parts of unfinished uploads, which an older version kept in a separate directory."""

import shutil
from functools import partial
from pathlib import Path

from inference_events.catalog import Catalog, files
from inference_events.files.local import LocalFileStore


def adopt_parts(directory: Path, catalog: Catalog, store: LocalFileStore) -> None:
    """Move the parts in `directory` to the store and remove it. Each upload has a directory of numbered files."""
    if not directory.is_dir():
        return
    unfinished = set(catalog.read(files.unfinished_ids))
    for upload in directory.iterdir():
        for part in upload.iterdir() if upload.name in unfinished else ():
            stored = store.adopt(part)
            catalog.write(partial(files.put_part, file_id=upload.name, number=int(part.name), stored=stored))
    shutil.rmtree(directory)
