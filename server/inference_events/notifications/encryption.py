"""Encryption of stored secrets with AES-256-GCM, under a key derived from INFERENCE_EVENTS_SECRET_KEY.

Each ciphertext is bound to its context, such as a column and a row's id, so it cannot be moved to another place.
"""

import base64
import os
import secrets
import threading
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from inference_events.data_directory import read_private, write_private
from inference_events.errors import Conflict

VARIABLE = "INFERENCE_EVENTS_SECRET_KEY"
_VERSION = "v1:"
_NONCE_BYTES = 12


class SecretKeyError(RuntimeError):
    """The stored secrets cannot be read with the key at hand. The message says what to do and shows no key."""


class SecretBox:
    """Encrypt and decrypt texts with a key, or with that in a file which only its owner can read.

    The first encryption makes the file. Without a key and a file, both are refused.
    """

    def __init__(self, key: str, file: Path | None = None) -> None:
        self._file = None if key else file
        self._cipher = AESGCM(_derived(key)) if key else None
        self._lock = threading.Lock()

    def encrypt(self, text: str, context: str) -> str:
        """Return a text encrypted for a context. Raises Conflict without a key."""
        cipher = self._find_cipher(makes_file=True)
        if cipher is None:
            raise Conflict(f"Webhooks hold secrets: set {VARIABLE} to the same key at all replicas")
        nonce = os.urandom(_NONCE_BYTES)
        sealed = nonce + cipher.encrypt(nonce, text.encode(), context.encode())
        return _VERSION + base64.b64encode(sealed).decode()

    def decrypt(self, sealed: str, context: str) -> str:
        """Return the text that was encrypted for a context. Raises SecretKeyError."""
        cipher = self._find_cipher(makes_file=False)
        if cipher is None:
            raise SecretKeyError(
                f"The database holds encrypted secrets of webhooks: {self._remedy('the same key as before')}"
            )
        try:
            raw = base64.b64decode(sealed.removeprefix(_VERSION), validate=True)
            return cipher.decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], context.encode()).decode()
        except (InvalidTag, ValueError):
            raise SecretKeyError(
                f"The database holds secrets that were encrypted with another key: {self._remedy('that key')}"
            ) from None

    def _remedy(self, key: str) -> str:
        put_back = "" if self._file is None else f", or put back {self._file} from a backup"
        return f"set {VARIABLE} to {key}{put_back}"

    def _find_cipher(self, makes_file: bool) -> AESGCM | None:
        with self._lock:
            if self._cipher is None and self._file is not None and (makes_file or self._file.exists()):
                self._cipher = AESGCM(_derived(_key_in(self._file)))
            return self._cipher


def _key_in(file: Path) -> str:
    if not file.exists():
        write_private(file, f"{secrets.token_urlsafe(32)}\n")
    return read_private(file).strip()


def _derived(key: str) -> bytes:
    return HKDF(SHA256(), length=32, salt=None, info=b"inference-events secrets v1").derive(key.encode())
