"""Operations of the tag Files."""

import asyncio

from sqlalchemy.orm import Session

from inference_events.catalog import Catalog, files
from inference_events.catalog.tables import new_id
from inference_events.context import current_request
from inference_events.data_directory import DataDirectory
from inference_events.operations import views
from inference_events_api import types as t
from inference_events_api.operations import UploadedFile


class FileOperations:
    """Serve files, which are kept in the data directory."""

    def __init__(self, catalog: Catalog, directory: DataDirectory) -> None:
        self._catalog = catalog
        self._directory = directory

    async def upload_file(self, *, file: UploadedFile) -> t.FileResponse:
        file_id, token_id = new_id(), current_request().token_id
        type = files.type_of(file.filename)
        path = await asyncio.to_thread(self._directory.keep_upload, file.path, file_id)

        def make(session: Session) -> t.FileResponse:
            row = files.create(
                session,
                file_id=file_id,
                filename=file.filename,
                type=type,
                size=file.size,
                sha256=file.sha256,
                path=path,
                token_id=token_id,
            )
            return views.envelope(views.file(row))

        return await self._catalog.awrite(make)
