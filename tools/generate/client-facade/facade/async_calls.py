"""Send requests, and read lists page by page."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from typing import Any, Self

import httpx

from ..client import AuthenticatedClient
from .errors import api_error, is_foreign, transport_error
from .paging import PAGE_SIZE, AsyncOperation, Page, T, success
from .retries import Attempts, RetryPolicy

DEFAULT_TIMEOUT = httpx.Timeout(30.0, connect=5.0)


class AsyncRetryingClient(httpx.AsyncClient):
    """Send requests again if that is safe, and raise ApiError and TransportError."""

    def __init__(self, retries: RetryPolicy, **options: Any) -> None:
        super().__init__(**options)
        self._retries = retries

    async def send(self, request: httpx.Request, **options: Any) -> httpx.Response:
        attempts = Attempts(self._retries, request)
        while True:
            try:
                response = await super().send(request, **options)
                if response.is_success and not is_foreign(response):
                    return response
                await response.aread()
            except httpx.RequestError as error:
                delay = attempts.delay_after_error(error)
                if delay is None:
                    raise transport_error(request, error) from error
            else:
                delay = attempts.delay_after_response(response)
                if delay is None:
                    raise api_error(response)
            await asyncio.sleep(delay)


class AsyncCaller:
    """Call any operation of the generated API. Close it, or use it as a context manager.

    `api` is the generated client, which every function in `inference_events_client.api` takes.
    """

    def __init__(
        self,
        base_url: str,
        token: str,
        *,
        timeout: float | httpx.Timeout = DEFAULT_TIMEOUT,
        retries: RetryPolicy = RetryPolicy(),  # noqa: B008 - it is frozen
        verify: ssl.SSLContext | bool = True,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        token = token.strip()
        if not (token.isascii() and token.isprintable()):
            raise ValueError("the token has characters that no token has")
        self._client = AsyncRetryingClient(
            retries,
            base_url=base_url,
            headers={"Authorization": f"Bearer {token}"},
            timeout=timeout,
            verify=verify,
            transport=transport,
        )
        self.api = AuthenticatedClient(base_url, token=token).set_async_httpx_client(self._client)

    async def call(self, operation: AsyncOperation[T], *arguments: Any, **options: Any) -> T:
        """Return the response of a generated operation. Raises InferenceEventsError."""
        return success(await operation(*arguments, client=self.api, **options))

    async def pages(
        self, operation: AsyncOperation[Page[T]], *arguments: Any, page_size: int = PAGE_SIZE, **options: Any
    ) -> AsyncIterator[T]:
        """Return all items of a generated list operation, page by page. Raises InferenceEventsError."""
        offset = 0
        while True:
            response = await self.call(operation, *arguments, limit=page_size, offset=offset, **options)
            page = response.data
            for item in page.items:
                yield item
            offset += len(page.items)
            if not page.items or offset >= page.total:
                return

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def __aenter__(self) -> Self:
        await self._client.__aenter__()
        return self

    async def __aexit__(self, *reason: Any) -> None:
        await self._client.__aexit__(*reason)
