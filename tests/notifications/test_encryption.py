"""Stored secrets are read with their key only, and in their place only."""

import stat
from pathlib import Path

import pytest

from inference_events.errors import Conflict
from inference_events.notifications.encryption import SecretBox, SecretKeyError

KEY, OTHER_KEY = "k" * 32, "o" * 32


def test_a_text_is_read_with_its_key() -> None:
    """Encrypting twice gives two texts, neither of which shows the secret."""
    first, second = (SecretBox(KEY).encrypt("https://hook", "url:1") for _ in range(2))
    assert first != second
    assert "hook" not in first + second
    assert SecretBox(KEY).decrypt(first, "url:1") == SecretBox(KEY).decrypt(second, "url:1") == "https://hook"


def test_another_key_is_named_as_the_cause() -> None:
    """The message says which setting is wrong, and shows no key."""
    sealed = SecretBox(KEY).encrypt("https://hook", "url:1")
    for box in (SecretBox(OTHER_KEY), SecretBox("")):
        with pytest.raises(SecretKeyError, match="INFERENCE_EVENTS_SECRET_KEY") as refusal:
            box.decrypt(sealed, "url:1")
        assert OTHER_KEY not in str(refusal.value)


@pytest.mark.parametrize("damaged", ["v1:AAAA", "v1:no base64!", "", "https://hook"])
def test_what_is_no_ciphertext_is_refused(damaged: str) -> None:
    """It is treated like that of another key."""
    with pytest.raises(SecretKeyError):
        SecretBox(KEY).decrypt(damaged, "url:1")


def test_a_secret_cannot_be_moved() -> None:
    """A ciphertext of one row cannot be read as that of another."""
    sealed = SecretBox(KEY).encrypt("https://hook", "url:1")
    with pytest.raises(SecretKeyError):
        SecretBox(KEY).decrypt(sealed, "url:2")


def test_the_first_secret_makes_the_key_file(tmp_path: Path) -> None:
    """Only its owner can read the file; without secrets there is none, and a missing one is not replaced by a read."""
    file = tmp_path / "secret-key"
    box = SecretBox("", file)
    with pytest.raises(SecretKeyError, match=r"put back .*secret-key"):
        box.decrypt("v1:AAAA", "url:1")
    assert not file.exists()
    sealed = box.encrypt("https://hook", "url:1")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert SecretBox("", file).decrypt(sealed, "url:1") == "https://hook"


def test_a_key_setting_wins_over_the_file(tmp_path: Path) -> None:
    """With a key no file is made."""
    SecretBox(KEY, tmp_path / "secret-key").encrypt("https://hook", "url:1")
    assert list(tmp_path.iterdir()) == []


def test_without_a_key_nothing_is_stored() -> None:
    """Replicas without a key refuse secrets, with the setting that they need."""
    with pytest.raises(Conflict, match="INFERENCE_EVENTS_SECRET_KEY"):
        SecretBox("").encrypt("https://hook", "url:1")
