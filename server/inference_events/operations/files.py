"""Operations of the tag Files."""

from sqlalchemy.orm import Session

from inference_events.catalog import Catalog, files, retention
from inference_events.catalog.concurrency import Lock
from inference_events.catalog.listing import Listing
from inference_events.context import current_request
from inference_events.files.multipart import MultipartUploads
from inference_events.files.store import StoredObject
from inference_events.idempotency.catalog_writes import change
from inference_events.operations import views
from inference_events_api import types as t
from inference_events_api.operations import UploadedFile


class FileOperations:
    """Serve files."""

    def __init__(self, catalog: Catalog, uploads: MultipartUploads) -> None:
        self._catalog = catalog
        self._uploads = uploads

    async def list_files(
        self,
        *,
        limit: int = 50,
        offset: int = 0,
        ordering: str | None = None,
        search: str | None = None,
        filter: t.Filter | None = None,
    ) -> t.FilePage:
        listing = Listing(limit, offset, ordering, search, filter)
        page = await self._catalog.aread(lambda session: files.list_page(session, listing))
        return views.listed(page, listing, views.file)

    async def get_file(self, *, file_id: str) -> t.FileResponse:
        row = await self._catalog.aread(lambda session: files.get(session, file_id))
        return views.envelope(views.file(row))

    async def delete_file(self, *, file_id: str) -> t.FileResponse:
        def make(session: Session) -> t.FileResponse:
            row = files.get(session, file_id, Lock.EXCLUSIVE)
            response = views.envelope(views.file(row))
            retention.remove(session, row)
            return response

        response = await change(self._catalog, make)
        await self._uploads.delete_released()
        return response

    async def upload_file(self, *, file: UploadedFile) -> t.FileResponse:
        token_id, stored = current_request().token_id, StoredObject(file.key, file.size, file.sha256)
        type = files.type_of(file.filename)
        file.keep()

        def make(session: Session) -> t.FileResponse:
            row = files.create(session, filename=file.filename, type=type, stored=stored, token_id=token_id)
            return views.envelope(views.file(row))

        return await self._catalog.awrite(make)

    async def begin_multipart_upload(self, *, body: t.MultipartInit) -> t.FileResponse:
        filename, token_id = body["filename"], current_request().token_id
        type = files.type_of(filename, "/filename")

        def make(session: Session) -> t.FileResponse:
            row = files.begin(session, filename=filename, type=type, token_id=token_id)
            return views.envelope(views.file(row))

        return await self._catalog.awrite(make)

    async def upload_part(self, *, file: UploadedFile, file_id: str, part_number: int) -> t.FilePartResponse:
        await self._uploads.keep_part(file_id, part_number, file)
        return views.envelope({"part_id": file.sha256, "part_number": part_number, "size": file.size})

    async def complete_multipart_upload(self, *, body: t.MultipartComplete) -> t.FileResponse:
        token_id = current_request().token_id

        def make(session: Session) -> t.FileResponse:
            row = self._uploads.complete(session, body["file_id"], body["parts"], token_id)
            return views.envelope(views.file(row))

        response = await change(self._catalog, make)
        await self._uploads.delete_released()
        return response
