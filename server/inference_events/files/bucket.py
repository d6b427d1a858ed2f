"""A bucket of S3, Google Cloud Storage or Azure, and the meaning of its errors.

The library reads credentials and endpoints from the standard variables. The text of its errors contains URLs, which may
be signed, and the server's response, so it is neither shown nor logged.
"""

import os
import re
from collections.abc import AsyncIterable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

import obstore
import structlog
from obstore.exceptions import BaseError, PermissionDeniedError, UnauthenticatedError
from obstore.store import from_url

from inference_events.files.store import FileStoreUnavailable
from inference_events.limits import MIB

if TYPE_CHECKING:
    from obstore.store import ObjectStore, RetryConfig

FOLDER = "files/"
# A multipart upload has at most 10,000 parts.
PART_BYTES = 8 * MIB
PARTS_AT_ONCE = 3
ENDPOINTS = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT", "AZURE_STORAGE_ENDPOINT", "AZURE_ENDPOINT")
RETRIES: "RetryConfig" = {
    "max_retries": 6,
    "retry_timeout": timedelta(seconds=20),
    "backoff": {"init_backoff": timedelta(milliseconds=100), "max_backoff": timedelta(seconds=3), "base": 2},
}
_STATUS = re.compile(r"status code: (\d{3})")

log = structlog.get_logger(__name__)


class BucketUnavailable(FileStoreUnavailable):
    """A request to the bucket failed. `why` names the cause."""

    def __init__(self, why: str) -> None:
        super().__init__()
        self.why = why


class Bucket:
    """Objects by their keys. Any thread may use it. Failed requests are retried for about 20 s.

    All methods raise FileNotFoundError if the bucket or the object is missing, and BucketUnavailable.
    """

    def __init__(self, url: str) -> None:
        self._store = _connect(url)

    def put(self, key: str, content: bytes) -> None:
        with _translated(key):
            obstore.put(self._store, FOLDER + key, content, use_multipart=False)

    async def put_stream(self, key: str, content: AsyncIterable[bytes | bytearray]) -> None:
        """Store content as it arrives. If it raises, no object is created and the sent content is removed."""
        with _translated(key):
            await obstore.put_async(
                self._store,
                FOLDER + key,
                content,
                chunk_size=PART_BYTES,
                max_concurrency=PARTS_AT_ONCE,
            )

    def read(self, key: str, start: int, length: int) -> memoryview:
        """Return `length` bytes, which must exist."""
        with _translated(key):
            return memoryview(obstore.get_range(self._store, FOLDER + key, start=start, length=length))

    def size(self, key: str) -> int:
        with _translated(key):
            return obstore.head(self._store, FOLDER + key)["size"]

    def delete(self, keys: Iterable[str]) -> None:
        """Delete objects. Google and Azure report one that is missing, after they have deleted some."""
        with _translated(""):
            obstore.delete(self._store, [FOLDER + key for key in keys])

    def list_keys(self) -> Iterator[tuple[str, datetime]]:
        """Yield each key and when its object was stored."""
        with _translated(""):
            for metas in obstore.list(self._store, prefix=FOLDER):
                for meta in metas:
                    yield meta["path"].removeprefix(FOLDER), meta["last_modified"]


@lru_cache(maxsize=4)
def _connect(url: str) -> "ObjectStore":
    has_http = any(os.environ.get(name, "").startswith("http://") for name in ENDPOINTS)
    return from_url(url, client_options={"allow_http": True} if has_http else None, retry_config=RETRIES)


@contextmanager
def _translated(key: str) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise FileNotFoundError(f"The object {key} or its bucket is missing") from None
    except (BaseError, OSError, ValueError) as error:
        why = _reason(error)
        log.warning("bucket_failed", why=why, error=type(error).__name__)
        raise BucketUnavailable(why) from None


def _reason(error: Exception) -> str:
    text = str(error)
    status = _STATUS.search(text)
    if isinstance(error, PermissionDeniedError) or (status and status[1] == "403"):
        return "its credentials do not allow it"
    if isinstance(error, UnauthenticatedError) or (status and status[1] == "401") or _lacks_credentials(text):
        return "its credentials are missing or not accepted"
    return f"it responded with status {status[1]}" if status else "it did not respond"


def _lacks_credentials(text: str) -> bool:
    """Return whether the library looked for credentials in a place that only the provider's machines have."""
    return "/latest/" in text or "metadata.google.internal" in text or "/metadata/identity" in text
