"""Promises of the settings and the data directory."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from inference_events import cluster, embedded
from inference_events.data_directory import (
    DataDirectory,
    DataDirectoryInUse,
    DataDirectoryRefused,
    write_private,
)
from inference_events.files.local import LocalFileStore
from inference_events.settings import Settings
from tests.uploads import put


def test_defaults_are_safe() -> None:
    """Without any setting the server listens on this machine only and has the documented limits."""
    settings = Settings()
    assert (settings.host, settings.port) == ("127.0.0.1", 8000)
    assert settings.max_event_body_bytes == 134_217_728
    assert settings.max_file_bytes == 10_737_418_240
    assert settings.admin_token.get_secret_value() == ""


def test_every_setting_has_a_help_and_a_default() -> None:
    """The table is complete: each setting has a default and a help text."""
    for field in Settings.model_fields.values():
        assert not field.is_required()
        assert field.description
        assert field.description.endswith(".")


def test_the_environment_sets_and_arguments_win(monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable with the prefix overrides a default, an argument overrides both; sizes may have units."""
    monkeypatch.setenv("INFERENCE_EVENTS_PORT", "9000")
    monkeypatch.setenv("INFERENCE_EVENTS_MAX_FILE_BYTES", "2GiB")
    assert Settings().port == 9000
    assert Settings().max_file_bytes == 2 * 1024**3
    assert Settings(port=9001).port == 9001


@pytest.mark.parametrize("version", ["26.0.0", "26.14.0", "27.1.2-rc.1+build.5", "100.0.0"])
def test_versions_that_clients_accept(version: str) -> None:
    """A strict semantic version of at least 26.0.0 is accepted."""
    assert Settings(server_version=version).server_version == version


@pytest.mark.parametrize(
    "version", ["", "26", "26.14", "v26.14.0", "25.9.9", "26.0.0-rc.1", "026.1.0", "26.1.0 ", "26.1.0\n"]
)
def test_versions_that_clients_refuse(version: str) -> None:
    """A version that the vendor's client cannot read, or below 26.0.0, stops the start."""
    with pytest.raises(ValidationError):
        Settings(server_version=version)


@pytest.mark.parametrize("token", ["short", "has a space in it somewhere", "umlauts-äöü-umlauts"])
def test_a_preset_token_must_fit_into_a_header(token: str) -> None:
    """A preset token that is short or does not fit into a header is refused, and not repeated in the message."""
    with pytest.raises(ValidationError) as refused:
        Settings(admin_token=SecretStr(token))
    assert token not in str(refused.value)
    assert "a-long-enough-token" not in repr(Settings(admin_token=SecretStr("a-long-enough-token")))


def test_an_engine_has_its_own_size_of_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a setting, or with an empty variable, the engine chooses; a setting is a number of rows above 0."""
    monkeypatch.setenv("INFERENCE_EVENTS_FILE_CHUNK_ROWS", "")
    assert Settings().file_chunk_rows is None
    assert embedded.CHUNK_ROWS > cluster.CHUNK_ROWS > 0
    monkeypatch.setenv("INFERENCE_EVENTS_FILE_CHUNK_ROWS", "500")
    assert Settings().file_chunk_rows == 500
    with pytest.raises(ValidationError, match="greater than or equal to 1"):
        Settings(file_chunk_rows=0)


@pytest.mark.parametrize("url", ["https://events.example.com", "http://10.0.0.5:8000", "https://[::1]:8443"])
def test_public_urls(url: str) -> None:
    """A public URL is a scheme and a host, perhaps with a port. A slash at its end says nothing."""
    assert Settings(public_url=f"{url}/").public_url == Settings(public_url=url).public_url == url


@pytest.mark.parametrize("path", ["/prefix", "/?a=b", "/#a", "//"])
def test_a_public_url_has_no_path(path: str) -> None:
    """The vendor's client drops a path prefix, so a URL with one is refused."""
    with pytest.raises(ValidationError, match="no path prefix"):
        Settings(public_url=f"https://events.example.com{path}")


@pytest.mark.parametrize(
    "url",
    [
        "events.example.com",
        "ftp://host",
        "https://",
        "https://me:pw@host",
        "https://host:x",
        "https://[x]",
        "http://a b",
    ],
)
def test_a_public_url_is_one(url: str) -> None:
    """Anything else is refused, and not repeated in the message: it may have a password."""
    with pytest.raises(ValidationError, match="must be https://HOST") as refused:
        Settings(public_url=url)
    assert "pw" not in str(refused.value)


def test_trusted_proxies_are_addresses_and_networks() -> None:
    """Addresses and networks are accepted, in both versions of IP."""
    proxies = Settings(trusted_proxies="10.0.0.5, 10.1.0.0/16,fd00::/8").trusted_proxies
    assert proxies == "10.0.0.5/32,10.1.0.0/16,fd00::/8"


@pytest.mark.parametrize("proxies", ["*", "proxy.example.com", "10.0.0.5/8", "10.0.0.5,,", "10.0.0.256"])
def test_other_names_of_proxies_are_refused(proxies: str) -> None:
    """A name, or a mistyped network, would trust nobody or everybody: it stops the start."""
    with pytest.raises(ValidationError, match="must be IP addresses or networks"):
        Settings(trusted_proxies=proxies)


def test_a_data_directory_has_one_owner(tmp_path: Path) -> None:
    """A second owner is refused with the process id of the first, until that ends."""
    first = DataDirectory(tmp_path)
    code = "import sys, pathlib; from inference_events.data_directory import DataDirectory; "
    command = [sys.executable, "-c", code + "DataDirectory(pathlib.Path(sys.argv[1]))", str(tmp_path)]
    refused = subprocess.run(command, capture_output=True, text=True, check=False)
    assert refused.returncode == 1
    assert f"process {os.getpid()}" in refused.stderr
    with pytest.raises(DataDirectoryInUse):
        DataDirectory(tmp_path)
    first.close()
    assert subprocess.run(command, check=False).returncode == 0
    DataDirectory(tmp_path).close()


@pytest.mark.parametrize(("mode", "command"), [(0o770, "chmod go-w"), (0o757, "chmod go-w"), (0o1777, "chmod go-w")])
def test_a_directory_that_others_may_write_in_is_refused(tmp_path: Path, mode: int, command: str) -> None:
    """Another user could swap the files: the message names the command that repairs it, which does."""
    path = tmp_path / "da ta"
    path.mkdir()
    path.chmod(mode)
    with pytest.raises(DataDirectoryRefused) as refused:
        DataDirectory(path)
    assert list(path.iterdir()) == []
    subprocess.run(str(refused.value).partition(": ")[2], shell=True, check=True)
    DataDirectory(path).close()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_a_directory_of_another_user_is_refused(tmp_path: Path) -> None:
    """Its owner could swap the files: the message names the command that makes it one's own, which does."""
    path = tmp_path / "data"
    path.mkdir()
    os.chown(path, 12345, 12345)
    with pytest.raises(DataDirectoryRefused, match="uid 12345") as refused:
        DataDirectory(path)
    subprocess.run(str(refused.value).rpartition(": ")[2], shell=True, check=True)
    DataDirectory(path).close()


def test_files_that_others_may_read_are_made_private(tmp_path: Path) -> None:
    """Readable files of an earlier version are private after the start; files that are not the server's stay."""
    DataDirectory(tmp_path).close()
    (tmp_path / "parts" / "id").mkdir(parents=True)
    own = [tmp_path / name for name in ("catalog.sqlite", "events.duckdb.wal", "files/id", "parts/id/1", "lock")]
    for path in [*own, tmp_path / "notes"]:
        path.write_text("")
        path.chmod(0o644)
    DataDirectory(tmp_path).close()
    for path in [*own, tmp_path / "files", tmp_path / "parts" / "id"]:
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path
    assert stat.S_IMODE((tmp_path / "notes").stat().st_mode) == 0o644


@pytest.mark.parametrize("name", ["lock", "admin-token", "incoming", "outgoing", "files", "parts"])
def test_a_link_is_not_followed(tmp_path: Path, name: str) -> None:
    """A symbolic link in place of a file or directory of the server is refused, and its target stays intact."""
    target, data = tmp_path / "target", tmp_path / "data"
    target.mkdir()
    (target / "precious").write_text("kept")
    data.mkdir()
    (data / name).symlink_to(target / "precious" if name in ("lock", "admin-token") else target)
    with pytest.raises(DataDirectoryRefused, match="symbolic link"):
        DataDirectory(data)
    assert (target / "precious").read_text() == "kept"


def test_a_path_that_is_no_directory_is_named_as_what_it_is(tmp_path: Path) -> None:
    """A dangling link and a file are refused with the right reason, not because something exists."""
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    with pytest.raises(DataDirectoryRefused, match=r"is a link to .*/nowhere, which does not exist"):
        DataDirectory(tmp_path / "link")
    (tmp_path / "file").write_text("")
    with pytest.raises(DataDirectoryRefused, match="is not a directory"):
        DataDirectory(tmp_path / "file")


def test_uploads_are_kept_and_leftovers_are_not(tmp_path: Path) -> None:
    """Half-received and half-sent files of a crash are gone at the next start; complete uploads stay."""
    first = DataDirectory(tmp_path)
    stored = put(LocalFileStore(first.files, first.incoming), b"a,b\n")
    (first.incoming / "half").write_bytes(b"a,")
    (first.outgoing / "download").write_bytes(b"a,b\n")
    first.close()
    second = DataDirectory(tmp_path)
    assert (second.files / stored.key).read_bytes() == b"a,b\n"
    assert list(second.incoming.iterdir()) == list(second.outgoing.iterdir()) == []
    second.close()


def test_a_private_file_is_private_from_the_start(tmp_path: Path) -> None:
    """A private file is readable by its owner only, also when it replaces a public one."""
    path = tmp_path / "secret"
    path.write_text("public")
    write_private(path, "private")
    assert path.read_text() == "private"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [one.name for one in tmp_path.iterdir()] == ["secret"]
