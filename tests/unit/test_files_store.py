"""Promises of every file store. The suite names backends only in `OPENERS`."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inference_events.files.local import LocalFileStore
from inference_events.files.opening import open_file_store
from inference_events.files.source import BUFFER_BYTES, FileSource, SourceDamaged
from inference_events.files.store import FileStore
from tests.servers.s3 import S3, environment
from tests.uploads import pieces, put, source_of

LATER = timedelta(hours=1)


def local(directory: Path, _: S3) -> FileStore:
    for name in ("objects", "drafts"):
        (directory / name).mkdir()
    return LocalFileStore(directory / "objects", directory / "drafts")


def shared_directory(directory: Path, _: S3) -> FileStore:
    return open_file_store(f"{(directory / 'shared files').as_uri()}")


def s3_bucket(_: Path, server: S3) -> FileStore:
    return open_file_store(f"{server.make_bucket(f'bucket-{uuid4()}')}/some/prefix")


OPENERS: dict[str, Callable[[Path, S3], FileStore]] = {
    "local": local,
    "shared directory": shared_directory,
    "s3": s3_bucket,
}


@pytest.fixture(scope="module")
def s3() -> Iterator[S3]:
    server = S3()
    server.start()
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment(server.url).items():
            patch.setenv(name, value)
        yield server
    server.stop()


@pytest.fixture(params=OPENERS)
def store(request: pytest.FixtureRequest, tmp_path: Path, s3: S3) -> FileStore:
    return OPENERS[request.param](tmp_path, s3)


def keys(store: FileStore) -> set[str]:
    return set(store.list_keys(datetime.now(UTC) + LATER))


@pytest.mark.parametrize("content", [(), (b"",), (b"a", b"", b"bc"), (b"x" * 3_000_000, b"y"), (b"x" * 9_000_000,) * 3])
def test_an_object_has_the_content_that_arrived(store: FileStore, content: tuple[bytes, ...]) -> None:
    """An object has the size and the SHA-256 of all that arrived, and reads back."""
    stored, whole = put(store, *content), b"".join(content)
    assert (stored.size, stored.sha256) == (len(whole), hashlib.sha256(whole).hexdigest())
    assert keys(store) == {stored.key}
    with store.source([stored]).open() as file:
        assert file.read() == whole


def test_content_that_breaks_off_leaves_nothing(store: FileStore) -> None:
    """There is no object of content that raises before its end, or of a request that is cancelled."""

    async def broken() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b"a" * 1_000_000
        raise ZeroDivisionError

    async def cancelled() -> None:
        waiting = asyncio.create_task(store.put(endless()))
        await asyncio.sleep(0.5)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b"a" * 1_000_000
        await asyncio.Event().wait()

    with pytest.raises(ZeroDivisionError):
        asyncio.run(store.put(broken()))
    asyncio.run(cancelled())
    assert keys(store) == set()


def test_no_object_replaces_another(store: FileStore) -> None:
    """Objects that are stored at the same time, even of equal content, are different objects."""

    async def both() -> set[str]:
        stored = await asyncio.gather(*(store.put(pieces(b"a", b"b")) for _ in range(8)))
        return {one.key for one in stored}

    assert len(asyncio.run(both())) == len(keys(store)) == 8


@settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(contents=st.lists(st.binary(max_size=9), max_size=6), data=st.data())
def test_parts_read_as_one_file(store: FileStore, contents: list[bytes], data: st.DataObject) -> None:
    """A file reads and seeks like the parts one after another, from any position, also where parts are empty."""
    whole = b"".join(contents)
    with store.source([put(store, content) for content in contents]).open() as file:
        assert file.read() == whole
        for _ in range(3):
            start, length = data.draw(st.integers(0, len(whole) + 2)), data.draw(st.integers(0, 20))
            assert file.seek(start) == start
            assert file.read(length) == whole[start : start + length]
        assert file.seek(-len(whole), 2) == 0
        assert file.read(3) + file.read() == whole


def test_reads_larger_than_the_buffer_cross_parts(store: FileStore) -> None:
    """Long reads, and reads that begin in a buffer and end in another part, lose and repeat no byte."""
    contents = [bytes([number]) * (BUFFER_BYTES + number) for number in range(4)]
    whole = b"".join(contents)
    with store.source([put(store, content) for content in contents]).open() as file:
        for start in (0, 10, BUFFER_BYTES - 1, 2 * BUFFER_BYTES + 1):
            file.seek(start)
            assert file.read(5) + file.read(2 * BUFFER_BYTES) == whole[start : start + 2 * BUFFER_BYTES + 5]


def test_a_source_is_read_in_any_process(store: FileStore) -> None:
    """A source survives JSON: that is how a process that reads the file gets it."""
    source = store.source([put(store, b"a"), put(store, b"b")])
    assert FileSource.from_json(json.loads(json.dumps(source.to_json()))) == source
    assert source.size == 2


def test_parquet_reads_over_parts(store: FileStore, tmp_path: Path) -> None:
    """A Parquet file that is cut anywhere reads the same."""
    table = pa.table({"a": list(range(50_000)), "b": [str(number) for number in range(50_000)]})
    pq.write_table(table, tmp_path / "rows", row_group_size=7_000)
    content = (tmp_path / "rows").read_bytes()
    cuts = [0, 1, 5_000, 5_001, len(content) - 4, len(content)]
    parts = [put(store, content[start:end]) for start, end in pairwise(cuts)]
    with store.source(parts).open() as file:
        assert pq.read_table(pa.PythonFile(file)) == table


def test_deletion(store: FileStore) -> None:
    """A deleted object is gone, and can be deleted again; other objects stay."""
    gone, stays = put(store, b"a"), put(store, b"b")
    assert store.delete([gone.key]) == [gone.key]
    assert store.delete([gone.key, "never"]) == [gone.key, "never"]
    assert keys(store) == {stays.key}
    with pytest.raises(OSError, match=gone.key), store.source([gone]).open() as file:
        file.read()


def test_fresh_objects_are_not_listed_as_old(store: FileStore) -> None:
    """A list of the objects from before a time has none that was stored after it."""
    before = datetime.now(UTC) - timedelta(seconds=5)
    stored = put(store, b"a")
    assert list(store.list_keys(before)) == []
    assert keys(store) == {stored.key}


def test_a_check_finds_damaged_content(tmp_path: Path) -> None:
    """Content that changed, is cut or is missing does not pass a check; the caller may stop a check."""
    first, second = tmp_path / "1", tmp_path / "2"
    first.write_bytes(b"abc")
    second.write_bytes(b"def")
    source = source_of(first, second)
    source.check(lambda: None)
    with pytest.raises(ZeroDivisionError):
        source.check(lambda: 1 / 0)
    for damaged in (b"dex", b"de", b"defg"):
        second.write_bytes(damaged)
        with pytest.raises(SourceDamaged):
            source.check(lambda: None)
    second.write_bytes(b"")
    with pytest.raises(OSError, match="too short"), source.open() as file:
        file.read()
    second.unlink()
    with pytest.raises(FileNotFoundError):
        source.check(lambda: None)
