"""The server without its sockets: operations are called, jobs run, and it can be stopped and started again."""

import asyncio
import csv
import io
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import SecretStr

from inference_events.app import Services, operation_handlers
from inference_events.context import Request, enter_request
from inference_events.settings import Settings
from tests.uploads import uploaded

Row = Mapping[str, Any]

JOB_SECONDS = 60
PAGE = 3


class Server:
    """One data directory and the server that runs on it. Files are read two rows at a time."""

    def __init__(self, directory: Path) -> None:
        self._settings = Settings(data_dir=directory, admin_token=SecretStr("t" * 20), file_chunk_rows=2)
        self._start()

    def restart(self) -> None:
        self.stop()
        self._start()

    def stop(self) -> None:
        self._services.stop()

    def _start(self) -> None:
        self._services = Services(self._settings)
        self._services.start()
        self._handlers = operation_handlers(self._services)
        self._token_id = ""
        self._token_id = self.call("list_tokens")["items"][0]["id"]

    def call(self, operation: str, **arguments: Any) -> Any:
        """Call an operation as a request of its own and return the `data` of its response."""

        async def request() -> Any:
            enter_request(Request(str(uuid4()), "POST", f"/{operation}", self._token_id, uuid4().bytes))
            return (await self._handlers[operation](**arguments))["data"]

        return asyncio.run(request())

    def model(self, project_id: str, **fields: Any) -> str:
        """Create a model and return its id."""
        model_id: str = self.call("create_model", body={"project_id": project_id, **fields})["id"]
        return model_id

    def upload(self, name: str, content: bytes) -> str:
        file = uploaded(self._services.file_store, name, content)
        file_id: str = self.call("upload_file", file=file)["id"]
        return file_id

    def finished(self, job: Mapping[str, Any]) -> Any:
        """Wait for a job and return it."""
        deadline = time.monotonic() + JOB_SECONDS
        while time.monotonic() < deadline:
            shown = self.call("get_job", job_id=job["id"])
            if shown["status"] in ("SUCCESS", "FAILURE"):
                return shown
            time.sleep(0.005)
        raise TimeoutError(job["id"])

    def events(self, model_id: str, dataset: str | None = None) -> list[Any]:
        """Read all events, page by page."""
        body: dict[str, Any] = {"model_id": model_id, "limit": PAGE, **environment(dataset)}
        items: list[Any] = []
        while True:
            page = self.call("read_events", body=body)
            items += page["items"]
            if page["next_cursor"] is None:
                return items
            body["cursor"] = page["next_cursor"]


def environment(dataset: str | None) -> dict[str, Any]:
    if dataset is None:
        return {"env_type": "PRODUCTION", "env_name": None}
    return {"env_type": "PRE_PRODUCTION", "env_name": dataset}


def csv_file(rows: Sequence[Row], names: Sequence[str]) -> bytes:
    """Write rows as CSV, nulls as empty cells."""
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, names, quoting=csv.QUOTE_ALL)
    writer.writeheader()
    writer.writerows({name: row.get(name) for name in names} for row in rows)
    return buffer.getvalue().encode()


def parquet_file(rows: Sequence[Row], names: Sequence[str]) -> bytes:
    """Write rows as Parquet. The values of a column must be of one type."""
    buffer = io.BytesIO()
    pq.write_table(pa.table({name: [row.get(name) for row in rows] for name in names}), buffer)
    return buffer.getvalue()
