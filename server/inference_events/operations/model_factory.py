"""The operation that proposes a model's schema."""

import asyncio

from sqlalchemy.orm import Session

from inference_events.catalog import Catalog, files
from inference_events.errors import BadRequest, Fault
from inference_events.files.source import FileSource
from inference_events.files.store import FileStore
from inference_events.ingest.columns import TOO_NESTED, is_too_deep
from inference_events.ingest.files import Unreadable
from inference_events.ingest.readers import FileReaders
from inference_events.operations import views
from inference_events_api import types as t

MAX_CARDINALITY = 1000
SAMPLE_SIZE = 10_000


class ModelFactoryOperations:
    """Serve proposals: what schema would fit the rows of a file."""

    def __init__(self, catalog: Catalog, file_store: FileStore, readers: FileReaders) -> None:
        self._catalog = catalog
        self._file_store = file_store
        self._readers = readers
        # One after the other, as each takes much memory.
        self._turn = asyncio.Lock()

    async def generate_model(self, *, body: t.GenerateModelRequest) -> t.GeneratedModelResponse:
        if is_too_deep(body.get("spec")):
            raise BadRequest.naming(Fault(TOO_NESTED, "/spec"))

        def find(session: Session) -> tuple[str, FileSource]:
            file = files.get_readable(session, body["file_id"], "/file_id")
            return file.type, self._file_store.source(files.objects(session, file.id))

        type, source = await self._catalog.aread(find)

        def propose() -> list[t.Column]:
            return self._readers.propose_columns(
                source,
                type,
                sample_size=body.get("sample_size") or SAMPLE_SIZE,
                max_cardinality=body.get("max_cardinality") or MAX_CARDINALITY,
            )

        try:
            async with self._turn:
                columns = await asyncio.to_thread(propose)
        except Unreadable as error:
            raise BadRequest.naming(Fault(str(error), "/file_id")) from None
        return views.envelope({"schema": {"schema_version": 1, "columns": columns}, "spec": _spec(body, columns)})


def _spec(body: t.GenerateModelRequest, columns: list[t.Column]) -> t.ModelSpec:
    """Return the roles that were sent, with those that were left out; or make every column an input."""
    everything: t.ModelSpec = {"inputs": [column["name"] for column in columns]}
    sent = body.get("spec", everything)
    return {
        "schema_version": sent.get("schema_version", 1),
        "inputs": sent.get("inputs", []),
        "outputs": sent.get("outputs", []),
        "targets": sent.get("targets", []),
        "decisions": sent.get("decisions", []),
        "metadata": sent.get("metadata", []),
        "custom_features": sent.get("custom_features", []),
    }
