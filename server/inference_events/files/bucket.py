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
_ENDPOINT = re.compile(r"https?://[\w.:\[\]-]+(/[\w./-]*)?", re.ASCII)
_STATUS = re.compile(r"status code: (\d{3})")
# Where the library looks for credentials that no variable names: only a machine of the provider has them there.
_OF_THE_MACHINE = re.compile(r"/latest/(meta-data|api/token)|metadata\.google\.internal|performing token request")

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

    def __init__(self, url: str, logs: bool = True) -> None:
        """Raises BucketUnavailable if the variables do not say how to use the bucket. Failures are logged if `logs`."""
        self._logs = logs
        try:
            self._store = _connect(url)
        except (BaseError, OSError, ValueError):
            raise BucketUnavailable(
                "the variables that name its account, credentials or endpoint are missing or wrong"
            ) from None

    def put(self, key: str, content: bytes) -> None:
        with self._translated(key):
            obstore.put(self._store, FOLDER + key, content, use_multipart=False)

    async def put_stream(self, key: str, content: AsyncIterable[bytes | bytearray]) -> None:
        """Store content as it arrives. If it raises, no object is created and the sent content is removed."""
        with self._translated(key):
            await obstore.put_async(
                self._store,
                FOLDER + key,
                content,
                chunk_size=PART_BYTES,
                max_concurrency=PARTS_AT_ONCE,
            )

    def read(self, key: str, start: int, length: int) -> memoryview:
        """Return `length` bytes, which must exist."""
        with self._translated(key):
            return memoryview(obstore.get_range(self._store, FOLDER + key, start=start, length=length))

    def size(self, key: str) -> int:
        with self._translated(key):
            return obstore.head(self._store, FOLDER + key)["size"]

    def delete(self, keys: Iterable[str]) -> None:
        """Delete objects. Google and Azure report one that is missing, after they have deleted some."""
        with self._translated():
            obstore.delete(self._store, [FOLDER + key for key in keys])

    def list_keys(self) -> Iterator[tuple[str, datetime]]:
        """Yield each key and when its object was stored."""
        with self._translated():
            for metas in obstore.list(self._store, prefix=FOLDER):
                for meta in metas:
                    yield meta["path"].removeprefix(FOLDER), meta["last_modified"]

    @contextmanager
    def _translated(self, key: str = "") -> Iterator[None]:
        try:
            yield
        except FileNotFoundError:
            raise FileNotFoundError(f"The object {key} or its bucket is missing") from None
        except (BaseError, OSError, ValueError) as error:
            why = _reason(error)
            if self._logs:
                log.warning("bucket_failed", why=why, error=type(error).__name__)
            raise BucketUnavailable(why) from None


@lru_cache(maxsize=4)
def _connect(url: str) -> "ObjectStore":
    endpoints = [endpoint for name in ENDPOINTS if (endpoint := os.environ.get(name))]
    if not all(map(_ENDPOINT.fullmatch, endpoints)):
        # The library takes any text, and ends the process at the first request.
        raise ValueError
    has_http = any(endpoint.startswith("http://") for endpoint in endpoints)
    return from_url(url, client_options={"allow_http": True} if has_http else None, retry_config=RETRIES)


def _reason(error: Exception) -> str:
    text = str(error)
    status = _STATUS.search(text)
    is_unauthenticated = isinstance(error, UnauthenticatedError) or (status and status[1] == "401")
    if is_unauthenticated or _OF_THE_MACHINE.search(text):
        return "its credentials are missing or not accepted"
    if isinstance(error, PermissionDeniedError) or (status and status[1] == "403"):
        return "its credentials do not allow it"
    return f"it responded with status {status[1]}" if status else "it did not respond"
