"""What settings and the data directory promise."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from inference_events.data_directory import DataDirectory, DataDirectoryInUse, write_private
from inference_events.settings import Settings


def test_defaults_are_safe() -> None:
    """Without any setting the server listens on this machine only and has the documented limits."""
    settings = Settings()
    assert (settings.host, settings.port) == ("127.0.0.1", 8000)
    assert settings.max_event_body_bytes == 134_217_728
    assert settings.max_file_bytes == 10_737_418_240
    assert settings.admin_token.get_secret_value() == ""


def test_every_setting_has_a_help_and_a_default() -> None:
    """The table is complete: each setting can be left out and says what it is for."""
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
    """A strict semantic version of at least 26.0.0 may be told to clients."""
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
    """A preset token that is short or no header can carry is refused, without being repeated."""
    with pytest.raises(ValidationError) as refused:
        Settings(admin_token=SecretStr(token))
    assert token not in str(refused.value)
    assert "a-long-enough-token" not in repr(Settings(admin_token=SecretStr("a-long-enough-token")))


def test_a_data_directory_has_one_owner(tmp_path: Path) -> None:
    """A second owner is refused and told which process is the first, until that ends."""
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


def test_uploads_are_kept_and_leftovers_are_not(tmp_path: Path) -> None:
    """A complete upload moves under its id; what a crash left half-received or half-sent is gone at the next start."""
    first = DataDirectory(tmp_path)
    whole, half = first.incoming / "whole", first.incoming / "half"
    whole.write_bytes(b"a,b\n")
    half.write_bytes(b"a,")
    (first.outgoing / "download").write_bytes(b"a,b\n")
    kept = first.keep_upload(whole, "id")
    first.close()
    second = DataDirectory(tmp_path)
    assert (second.path / kept).read_bytes() == b"a,b\n"
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
