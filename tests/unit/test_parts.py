"""Promises of uploads in parts: parts join in order, and a stop at any step loses and repeats nothing."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TypeVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inference_events.catalog import Catalog, files, idempotency_records
from inference_events.catalog.bootstrap import open_catalog
from inference_events.catalog.tables import utc_now
from inference_events.context import Request, enter_request
from inference_events.data_directory import DataDirectory
from inference_events.errors import BadRequest, Conflict, ObjectNotFound, PayloadTooLarge
from inference_events.files import multipart as parts
from inference_events.files.adoption import adopt_parts
from inference_events.files.local import LocalFileStore
from inference_events.files.multipart import MultipartUploads
from inference_events.files.sweep import delete_released
from inference_events.operations.files import FileOperations
from inference_events.operations.tokens import TokenOperations
from inference_events.settings import Settings
from inference_events_api import types as t
from tests.uploads import object_paths, uploaded

T = TypeVar("T")
LIMIT = 100
UNKNOWN_ID = "00000000-0000-4000-8000-000000000000"


class Uploads:
    """Uploads in parts to a data directory of their own."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.open()

    def open(self) -> None:
        self.directory = DataDirectory(self._path)
        self.catalog: Catalog = open_catalog(Settings(), self.directory)[0]
        self.store = LocalFileStore(self.directory.files, self.directory.incoming)
        self.operations = FileOperations(self.catalog, MultipartUploads(self.catalog, self.store, LIMIT))
        page = asyncio.run(TokenOperations(self.catalog, self.directory).list_tokens())
        self._token_id = page["data"]["items"][0]["id"]

    def request(self, key: str | None) -> Request:
        return Request("r", "POST", "/v3/files", self._token_id, b"digest", key)

    def call(self, operation: Callable[[], Awaitable[T]], key: str | None = None) -> T:
        async def run() -> T:
            enter_request(self.request(key))
            return await operation()

        return asyncio.run(run())

    def begin(self, filename: str = "rows.csv") -> str:
        return self.call(lambda: self.operations.begin_multipart_upload(body={"filename": filename}))["data"]["id"]

    def add(self, file_id: str, number: int, content: bytes) -> t.PartReference:
        upload = uploaded(self.store, "part", content)
        stored = self.call(lambda: self.operations.upload_part(file=upload, file_id=file_id, part_number=number))
        assert stored["data"] == {"part_id": upload.sha256, "part_number": number, "size": len(content)}
        return {"number": number, "id": stored["data"]["part_id"]}

    def complete(self, file_id: str, *named: t.PartReference, key: str | None = None) -> t.StoredFile:
        body: t.MultipartComplete = {"file_id": file_id, "parts": list(named)}
        return self.call(lambda: self.operations.complete_multipart_upload(body=body), key)["data"]

    def content(self, file_id: str) -> bytes:
        row = self.catalog.read(lambda session: files.get(session, file_id))
        source = self.store.source(self.catalog.read(lambda session: files.objects(session, file_id)))
        source.check(lambda: None)
        with source.open() as file:
            content = file.read()
        assert row.size == source.size == len(content)
        return content

    def purge(self) -> None:
        """Run the step of a purge that concerns uploads."""
        parts.expire_uploads(self.catalog)
        for _ in delete_released(self.catalog, self.store):
            pass

    def close(self) -> None:
        self.catalog.close()
        self.directory.close()


@pytest.fixture
def uploads(tmp_path: Path) -> Iterator[Uploads]:
    uploads = Uploads(tmp_path)
    yield uploads
    uploads.close()


def left_over(uploads: Uploads, *needed: str) -> set[Path]:
    """Return the objects on the disk that are not parts of the given files."""
    rooms = (uploads.directory.files, uploads.directory.incoming)
    paths = {path for file_id in needed for path in object_paths(uploads.directory.path, file_id)}
    on_disk = {path for room in rooms for path in room.iterdir()}
    assert paths <= on_disk
    return on_disk - paths


@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(contents=st.lists(st.binary(max_size=9), min_size=1, max_size=6), data=st.data())
def test_parts_join_in_the_order_of_their_numbers(uploads: Uploads, contents: list[bytes], data: st.DataObject) -> None:
    """For any order of the parts, of their names and of repetitions, the last of each number counts."""
    file_id = uploads.begin()
    numbers = range(1, len(contents) + 1)
    for number in data.draw(st.lists(st.sampled_from(numbers), max_size=4)):
        uploads.add(file_id, number, b"earlier")
    named = [uploads.add(file_id, number, contents[number - 1]) for number in data.draw(st.permutations(numbers))]
    response = uploads.complete(file_id.upper(), *data.draw(st.permutations(named)))
    assert (response["id"], response["status"], response["size"]) == (file_id, "SUCCESSFUL", len(b"".join(contents)))
    assert uploads.content(file_id) == b"".join(contents)
    assert len(object_paths(uploads.directory.path, file_id)) == len(contents)


def test_a_part_that_is_not_named_is_dropped(uploads: Uploads) -> None:
    """A completion takes the parts that it names, and no other."""
    file_id = uploads.begin()
    first = uploads.add(file_id, 1, b"a")
    uploads.add(file_id, 2, b"b")
    uploads.complete(file_id, first)
    assert uploads.content(file_id) == b"a"
    assert left_over(uploads, file_id) == set()


@pytest.mark.parametrize(
    ("numbers", "ids", "pointers"),
    [
        ((1, 3), "ab", ["/parts/1/number"]),
        ((2,), "b", ["/parts/0/number"]),
        ((1, 1), "aa", ["/parts/1/number"]),
        ((1, 2, 3), "abc", ["/parts/2"]),
        ((2, 1), "ba", []),
        ((2, 1), "bb", ["/parts/1"]),
        ((2, 1), "ab", ["/parts/1", "/parts/0"]),
    ],
)
def test_a_completion_that_is_wrong_changes_nothing(
    uploads: Uploads, numbers: tuple[int, ...], ids: str, pointers: list[str]
) -> None:
    """A gap, a number named twice, a missing part and another id are faults with their place; a right one succeeds."""
    file_id = uploads.begin()
    stored = {1: uploads.add(file_id, 1, b"a"), 2: uploads.add(file_id, 2, b"b")}
    named: list[t.PartReference] = [
        {"number": number, "id": hashlib.sha256(content.encode()).hexdigest()}
        for number, content in zip(numbers, ids, strict=True)
    ]
    if pointers:
        with pytest.raises(BadRequest) as refused:
            uploads.complete(file_id, *named)
        assert [fault.pointer for fault in refused.value.faults] == pointers
        named = list(stored.values())
    uploads.complete(file_id, *named)
    assert uploads.content(file_id) == b"ab"


def test_the_whole_has_a_limit(uploads: Uploads) -> None:
    """Parts that are too long together are refused, and the upload takes shorter ones."""
    file_id = uploads.begin()
    named = [uploads.add(file_id, number, b"x" * (LIMIT // 2 + 1)) for number in (1, 2)]
    with pytest.raises(PayloadTooLarge):
        uploads.complete(file_id, *named)
    uploads.complete(file_id, named[0], uploads.add(file_id, 2, b"y"))
    assert uploads.content(file_id) == b"x" * (LIMIT // 2 + 1) + b"y"


def test_only_an_unfinished_upload_takes_parts(uploads: Uploads) -> None:
    """An unknown upload is not found; one that is completed is a conflict; its content stays."""
    file_id = uploads.begin()
    named = uploads.add(file_id, 1, b"a")
    uploads.complete(file_id, named)
    with pytest.raises(Conflict):
        uploads.add(file_id, 1, b"b")
    with pytest.raises(Conflict):
        uploads.complete(file_id, named)
    with pytest.raises(ObjectNotFound):
        uploads.add(UNKNOWN_ID, 1, b"b")
    with pytest.raises(ObjectNotFound):
        uploads.complete(UNKNOWN_ID, named)
    assert uploads.content(file_id) == b"a"


def test_a_completion_leaves_its_response(uploads: Uploads) -> None:
    """The response is kept for a retry in the transaction that completes the file."""
    file_id = uploads.begin()
    response = uploads.complete(file_id, uploads.add(file_id, 1, b"a"), key="key")
    kept = uploads.catalog.read(lambda session: idempotency_records.find(session, uploads.request("key")))
    assert kept is not None
    assert kept.response["data"] == response


def test_an_unfinished_upload_is_no_file_of_rows(uploads: Uploads) -> None:
    """Nothing can be published from an upload before it is completed, nor from one of another type."""
    for filename, message in (("rows.csv", "not completed"), ("rows.tar.gz", "neither CSV nor Parquet")):
        read = partial(files.get_readable, file_id=uploads.begin(filename), pointer="/file_id")
        with pytest.raises(BadRequest, match=message):
            uploads.catalog.read(read)


def test_concurrent_parts_and_completions(uploads: Uploads) -> None:
    """Of concurrent completions one succeeds, and its file is complete, even if parts arrive in between."""
    file_id = uploads.begin()
    named = [uploads.add(file_id, number, bytes([number])) for number in (1, 2, 3)]
    repeated = {number: uploaded(uploads.store, "part", bytes([number])) for number in (1, 2, 3)}

    async def again(number: int) -> None:
        upload = repeated[number]
        await uploads.operations.upload_part(file=upload, file_id=file_id, part_number=number)

    async def race() -> list[object]:
        body: t.MultipartComplete = {"file_id": file_id, "parts": named}
        completions = [uploads.operations.complete_multipart_upload(body=body) for _ in range(4)]
        both = [*completions[:2], *(again(number) for number in (1, 2, 3)), *completions[2:]]
        return list(await asyncio.gather(*both, return_exceptions=True))

    outcomes = uploads.call(race)
    succeeded = [one for one in outcomes if isinstance(one, dict)]
    assert len(succeeded) == 1
    assert all(one is None or isinstance(one, dict | Conflict) for one in outcomes)
    assert uploads.content(file_id) == bytes([1, 2, 3])


def test_a_part_that_is_sent_again_replaces_the_earlier_one(uploads: Uploads) -> None:
    """The last part of a number counts, and the content of the earlier one is deleted at once."""
    file_id = uploads.begin()
    uploads.add(file_id, 1, b"earlier")
    named = uploads.add(file_id, 1, b"a")
    assert left_over(uploads, file_id) == set()
    uploads.complete(file_id, named)
    assert uploads.content(file_id) == b"a"


def test_a_completed_file_is_not_copied(uploads: Uploads) -> None:
    """A completion leaves the parts where they are."""
    file_id = uploads.begin()
    named = [uploads.add(file_id, number, b"a") for number in (1, 2)]
    paths = object_paths(uploads.directory.path, file_id)
    uploads.complete(file_id, *named)
    assert object_paths(uploads.directory.path, file_id) == paths
    assert left_over(uploads, file_id) == set()


def test_a_stop_between_the_object_and_its_row_loses_nothing(uploads: Uploads) -> None:
    """After a stop between storing a part and writing its row, the upload continues with the parts it has."""
    file_id = uploads.begin()
    named = uploads.add(file_id, 1, b"a")
    uploaded(uploads.store, "part", b"?")
    (uploads.directory.incoming / "half.part").write_bytes(b"?")
    uploads.close()
    uploads.open()
    assert len(left_over(uploads, file_id)) == 1
    uploads.complete(file_id, named)
    assert uploads.content(file_id) == b"a"


def test_a_stop_between_the_row_and_the_deletion_leaves_nothing(
    uploads: Uploads, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next purge deletes replaced, unnamed and deleted parts that a stop left; other parts stay."""
    completed, deleted, waiting = uploads.begin(), uploads.begin(), uploads.begin()
    with monkeypatch.context() as patch:
        patch.setattr(MultipartUploads, "_delete_released", lambda _: None)
        uploads.add(completed, 1, b"earlier")
        named = uploads.add(completed, 1, b"a")
        uploads.add(completed, 2, b"unnamed")
        uploads.complete(completed, named)
        uploads.add(deleted, 1, b"deleted")
        uploads.call(lambda: uploads.operations.delete_file(file_id=deleted))
    uploads.add(waiting, 1, b"b")
    uploads.close()
    uploads.open()
    uploads.purge()
    assert left_over(uploads, completed, waiting) == set()
    assert uploads.content(completed) == b"a"


def test_old_uploads_are_forgotten(uploads: Uploads, monkeypatch: pytest.MonkeyPatch) -> None:
    """An upload that is not completed in time goes with its parts; completed files stay."""
    done, late = uploads.begin(), uploads.begin()
    uploads.complete(done, uploads.add(done, 1, b"a"))
    named = uploads.add(late, 1, b"b")
    uploads.purge()
    assert left_over(uploads, done, late) == set()
    later = utc_now() + timedelta(hours=parts.UNFINISHED_HOURS, seconds=1)
    monkeypatch.setattr(parts, "utc_now", lambda: later)
    uploads.purge()
    assert left_over(uploads, done) == set()
    with pytest.raises(ObjectNotFound):
        uploads.complete(late, named)
    assert uploads.content(done) == b"a"


def test_parts_that_an_older_version_took_are_kept(uploads: Uploads) -> None:
    """An upload that began with an older version continues after the upgrade; parts of no upload are removed."""
    file_id = uploads.begin()
    for upload in (file_id, UNKNOWN_ID):
        (uploads.directory.parts / upload).mkdir(parents=True)
        (uploads.directory.parts / upload / "2").write_bytes(b"b")
    for _ in range(2):
        adopt_parts(uploads.directory.parts, uploads.catalog, uploads.store)
    assert not uploads.directory.parts.exists()
    tail: t.PartReference = {"number": 2, "id": hashlib.sha256(b"b").hexdigest()}
    uploads.complete(file_id, tail, uploads.add(file_id, 1, b"a"))
    assert uploads.content(file_id) == b"ab"
    assert left_over(uploads, file_id) == set()
