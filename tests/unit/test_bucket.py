"""What a bucket promises beyond every file store: faults of it are survived or named, and nothing secret is shown."""

import asyncio
import builtins
import json
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import structlog

from inference_events.app import Services
from inference_events.catalog import files, tokens
from inference_events.catalog.listing import Listing
from inference_events.files import bucket
from inference_events.files.opening import open_file_store
from inference_events.files.source import SourceDamaged
from inference_events.files.store import FileStore, FileStoreError, FileStoreUnavailable
from inference_events.files.sweep import ORPHAN_HOURS, OrphanSweep
from inference_events.settings import Settings
from tests.catalogs import Databases
from tests.servers.s3 import KEY_ID, S3, SECRET, Choice, Fault, FaultyProxy, environment, without_variables
from tests.uploads import put

LATER = timedelta(hours=1)
# Instead of a key, the library asks the machine for an identity.
AZURE_WITHOUT_KEY = {"AZURE_STORAGE_ACCOUNT_NAME": "account", "AZURE_MSI_ENDPOINT": "http://127.0.0.1:9"}
LONG = (b"x" * 3_000_000,) * 10


@pytest.fixture(scope="module")
def server() -> Iterator[S3]:
    server = S3()
    server.start()
    yield server
    server.stop()


@pytest.fixture
def proxy(server: S3, monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultyProxy]:
    proxy = FaultyProxy(server)
    proxy.start()
    for name, value in environment(proxy.url).items():
        monkeypatch.setenv(name, value)
    yield proxy
    proxy.stop()


@pytest.fixture
def bucket_name(server: S3) -> str:
    name = f"bucket-{uuid4()}"
    server.make_bucket(name)
    return name


@pytest.fixture
def store(proxy: FaultyProxy, bucket_name: str) -> FileStore:
    return open_file_store(f"s3://{bucket_name}/prefix")


def keys(store: FileStore) -> set[str]:
    return set(store.list_keys(datetime.now(UTC) + LATER))


FAULTS = {
    "500": Fault(status=500),
    "503": Fault(status=503),
    "slow": Fault(seconds=1),
    "cut": Fault(is_cut=True),
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_short_faults_are_survived(store: FileStore, proxy: FaultyProxy, fault: Fault) -> None:
    """A few errors, delays and cut connections in a row change no result of any operation."""
    proxy.fail_first(2, fault)
    short = put(store, b"abc")
    proxy.fail_first(2, fault)
    long = put(store, *LONG)
    proxy.fail_first(2, fault)
    assert keys(store) >= {short.key, long.key}
    proxy.fail_first(2, fault)
    store.source([short, long]).check(lambda: None)
    proxy.fail_first(2, fault)
    assert store.delete([short.key, long.key]) == [short.key, long.key]
    assert not keys(store) & {short.key, long.key}


def test_a_cut_response_is_read_again(store: FileStore, proxy: FaultyProxy) -> None:
    """A connection that breaks in the middle of a range loses and doubles no byte."""
    stored = put(store, *(bytes([number]) * 1_000_000 for number in range(20)))
    proxy.fail_first(2, Fault(is_cut=True, after_bytes=500_000), "GET")
    store.source([stored]).check(lambda: None)
    with store.source([stored]).open() as file:
        proxy.fail_first(2, Fault(is_cut=True, after_bytes=500_000), "GET")
        assert file.read() == b"".join(bytes([number]) * 1_000_000 for number in range(20))


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give up after two attempts, so that a test of a long outage is short."""
    monkeypatch.setitem(bucket.RETRIES, "max_retries", 1)
    bucket._connect.cache_clear()


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("content", [(b"abc",), LONG], ids=["short", "long"])
def test_a_long_outage_is_an_error_that_asks_for_another_attempt(
    store: FileStore, proxy: FaultyProxy, content: tuple[bytes, ...]
) -> None:
    """Every operation fails with an error that says when to try again; named objects stay, and no draft is left."""
    stays = put(store, b"stays")
    proxy.choose = lambda method, path: Fault(status=503)
    with pytest.raises(FileStoreUnavailable) as refused:
        put(store, *content)
    assert refused.value.headers == {"Retry-After": "5"}
    with pytest.raises(FileStoreUnavailable), store.source([stays]).open() as file:
        file.read()
    with pytest.raises(FileStoreUnavailable):
        store.source([stays]).check(lambda: None)
    with pytest.raises(FileStoreUnavailable):
        keys(store)
    assert store.delete([stays.key]) == []
    proxy.choose = lambda method, path: Fault()
    assert keys(store) == {stays.key}


@pytest.mark.usefixtures("impatient")
def test_a_bucket_that_fails_in_the_middle_ends_the_upload(
    store: FileStore, server: S3, proxy: FaultyProxy, bucket_name: str
) -> None:
    """The upload fails while its content still arrives, and the parts that were sent are removed."""

    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b"x" * 3_000_000

    proxy.choose = lambda method, path: Fault(status=500 if method == "PUT" and "partNumber=2" in path else None)
    with pytest.raises(FileStoreUnavailable):
        asyncio.run(asyncio.wait_for(store.put(endless()), 60))
    assert keys(store) == set()
    assert server.unfinished_uploads(bucket_name) == 0


@pytest.mark.parametrize("how", ["raises", "cancelled"])
def test_content_that_breaks_off_leaves_no_parts(store: FileStore, server: S3, bucket_name: str, how: str) -> None:
    """What was sent of an upload that breaks off or is cancelled is removed from the bucket; nobody pays for it."""

    async def content() -> AsyncIterator[bytes]:
        for piece in LONG:
            yield piece
        if how == "raises":
            raise ZeroDivisionError
        await asyncio.Event().wait()

    async def upload() -> None:
        sending = asyncio.create_task(store.put(content()))
        await asyncio.sleep(1)
        sending.cancel()
        with pytest.raises((ZeroDivisionError, asyncio.CancelledError)):
            await sending

    asyncio.run(upload())
    assert keys(store) == set()
    assert server.unfinished_uploads(bucket_name) == 0


def test_damage_is_found(store: FileStore, bucket_name: str) -> None:
    """An object that was changed, cut or removed behind the server's back does not pass a check."""
    stored = put(store, b"abc")
    content = bucket.Bucket(f"s3://{bucket_name}/prefix")
    for damaged in (b"abd", b"ab", b"abcd"):
        content.put(stored.key, damaged)
        with pytest.raises(SourceDamaged):
            store.source([stored]).check(lambda: None)
    store.delete([stored.key])
    with pytest.raises(FileNotFoundError):
        store.source([stored]).check(lambda: None)


def forbidding(denied: str) -> Choice:
    return lambda method, _: Fault(status=403 if method == denied else None)


@pytest.mark.usefixtures("impatient")
def test_a_bucket_that_cannot_be_used_is_named_at_the_start(
    proxy: FaultyProxy, bucket_name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A missing bucket, a missing permission to write, read or delete, and a silent server are each told apart."""
    with pytest.raises(FileStoreError, match="s3://no-such-bucket cannot be used: the bucket does not exist"):
        open_file_store("s3://no-such-bucket")
    for denied in ("PUT", "GET", "POST"):
        proxy.choose = forbidding(denied)
        with pytest.raises(FileStoreError, match="its credentials do not allow it"):
            open_file_store(f"s3://{bucket_name}")
    proxy.choose = lambda method, path: Fault(status=503)
    with pytest.raises(FileStoreError, match="status 503"):
        open_file_store(f"s3://{bucket_name}")
    proxy.choose = lambda method, path: Fault(is_cut=True)
    with pytest.raises(FileStoreError, match="it did not respond"):
        open_file_store(f"s3://{bucket_name}")


def test_a_missing_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the extra, the message has the command that installs it."""
    load = builtins.__import__

    def without_obstore(name: str, *rest: Any) -> Any:
        if name.startswith(("obstore", "inference_events.files.bucket_store")):
            raise ImportError(name)
        return load(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without_obstore)
    with pytest.raises(FileStoreError, match=r"pip install 'inference-events\[cluster\]'"):
        open_file_store("s3://bucket")


def test_a_directory_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    """A shared directory that is a file is refused at the start."""
    (tmp_path / "file").write_text("")
    with pytest.raises(FileStoreError, match="cannot be used: "):
        open_file_store((tmp_path / "file").as_uri())


@pytest.mark.parametrize(
    ("endpoint", "variables", "url", "message"),
    [
        ("proxy", {}, "s3://no-such-bucket/prefix", "the bucket does not exist"),
        ("closed", {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}, "s3://bucket", "credentials are missing"),
        (
            "closed",
            {"AWS_ENDPOINT_URL": "no URL"},
            "s3://bucket",
            "account, credentials or endpoint are missing or wrong",
        ),
        ("closed", {"GOOGLE_APPLICATION_CREDENTIALS": "/no-such-file"}, "gs://bucket/prefix", "are missing or wrong"),
        ("closed", {}, "az://container/prefix", "account, credentials or endpoint are missing or wrong"),
        ("closed", AZURE_WITHOUT_KEY, "az://container/prefix", "credentials are missing"),
        (
            "closed",
            {"AZURE_STORAGE_ACCOUNT_NAME": "a", "AZURE_STORAGE_ACCOUNT_KEY": SECRET},
            "az://c",
            "are missing or",
        ),
        ("closed", {}, f"s3://user:{SECRET}@bucket", "must have no credentials"),
        ("closed", {}, "ftp://bucket", "must be s3://BUCKET/PREFIX"),
    ],
)
def test_a_start_that_fails_ends_with_one_message(
    proxy: FaultyProxy,
    databases: Databases,
    tmp_path: Path,
    endpoint: str,
    variables: dict[str, str],
    url: str,
    message: str,
) -> None:
    """The program ends with code 1 or 2, one message, no traceback and no secret, within a short time."""
    found = environment(proxy.url if endpoint == "proxy" else "http://127.0.0.1:9") | variables
    found |= {"AWS_METADATA_ENDPOINT": "http://127.0.0.1:9"}
    found = {name: value for name, value in found.items() if value}
    found |= {"INFERENCE_EVENTS_FILES_URL": url, "INFERENCE_EVENTS_DATABASE_URL": databases.migrated()}
    ended = subprocess.run(
        [sys.executable, "-m", "inference_events", "serve", "--port", "0", "--data-dir", str(tmp_path / "data")],
        env=without_variables() | found,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert ended.returncode in (1, 2)
    said = " ".join((ended.stdout + ended.stderr).split())
    assert message in said
    assert "Traceback" not in said
    assert SECRET not in said
    assert KEY_ID not in said


@pytest.mark.usefixtures("impatient")
def test_no_error_shows_credentials(store: FileStore, proxy: FaultyProxy) -> None:
    """Neither what is raised nor what is logged contains credentials, URLs or the response of the server."""
    proxy.choose = lambda method, path: Fault(status=403)
    with structlog.testing.capture_logs() as lines, pytest.raises(FileStoreUnavailable) as refused:
        put(store, b"abc")
    said = f"{refused.value} {refused.value!r} {json.dumps(lines, default=str)}"
    for hidden in (SECRET, KEY_ID, proxy.url, "Signature"):
        assert hidden not in said
    assert [line["event"] for line in lines] == ["bucket_failed"]


def test_orphans_are_swept_but_not_at_the_start_of_a_server(store: FileStore, tmp_path: Path) -> None:
    """A sweep deletes objects that no row names and that are a day old, but not as the first of its server."""
    services = Services(Settings(data_dir=tmp_path))
    try:
        named, orphan = put(store, b"named"), put(store, b"orphan")
        token_id = services.catalog.read(lambda session: tokens.list_page(session, Listing())).items[0].id
        services.catalog.write(
            lambda session: files.create(session, filename="a.csv", type="CSV", stored=named, token_id=token_id).id
        )
        sweep = OrphanSweep(services.catalog, store, is_shared=True)
        day_later = datetime.now(UTC) + timedelta(hours=ORPHAN_HOURS, minutes=1)
        list(sweep.run(day_later))
        list(sweep.run(datetime.now(UTC)))
        assert keys(store) == {named.key, orphan.key}
        list(sweep.run(day_later))
        assert keys(store) == {named.key}
    finally:
        services.stop()


def test_a_draft_in_a_shared_directory_is_swept(tmp_path: Path) -> None:
    """What a kill left half-written in a shared directory is listed as an object that no row names, a day later."""
    store = open_file_store(tmp_path.as_uri())
    draft = tmp_path / "half.part"
    draft.write_bytes(b"half")
    old = time.time() - 7200
    os.utime(draft, (old, old))
    assert list(store.list_keys(datetime.now(UTC) - LATER)) == ["half.part"]
    assert store.delete(["half.part"]) == ["half.part"]
    assert list(tmp_path.iterdir()) == []
