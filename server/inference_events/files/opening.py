"""Open the file store at a URL."""

from pathlib import Path
from urllib.parse import unquote, urlsplit

from inference_events.files.local import LocalFileStore
from inference_events.files.store import FileStore, FileStoreError

BUCKETS = ("s3", "gs", "az")


def check_files_url(url: str | None) -> str | None:
    """Return the URL of a file store, if any. Raises ValueError without the URL, which may contain a password."""
    if url is None:
        return None
    parts = urlsplit(url)
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ValueError("must have no credentials, query or fragment: credentials come from variables")
    is_bucket = parts.scheme in BUCKETS and parts.netloc
    is_directory = parts.scheme == "file" and not parts.netloc and parts.path.startswith("/")
    if not (is_bucket or is_directory):
        raise ValueError("must be s3://BUCKET/PREFIX, gs://BUCKET/PREFIX, az://CONTAINER/PREFIX or file:///DIRECTORY")
    return url.rstrip("/")


def open_file_store(url: str) -> FileStore:
    """Open the store at a URL that `check_files_url` returned. Raises FileStoreError."""
    if url.startswith("file:"):
        return _shared_directory(Path(unquote(urlsplit(url).path)))
    try:
        # Imported here: the library is part of an extra.
        from inference_events.files.bucket_store import BucketFileStore
    except ImportError:
        raise FileStoreError("Files in a bucket need more packages: pip install 'inference-events[cluster]'") from None
    return BucketFileStore(url)


def _shared_directory(directory: Path) -> FileStore:
    """Return a store in a directory that several servers mount. Incomplete drafts are swept as orphans."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
        return LocalFileStore.checked(directory)
    except OSError as error:
        raise FileStoreError(f"The file store {directory} cannot be used: {error.strerror}") from None
