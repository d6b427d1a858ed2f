"""HTTPS with the user's certificate, and certificates with which the server does not start."""

import os
import ssl
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
import trustme
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from tests.e2e.process import TOKEN, running


@pytest.fixture
def authority(tmp_path: Path) -> trustme.CA:
    """Give an authority (ca.pem) that has issued a certificate for a server (server.pem, server.key)."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    issued = authority.issue_cert("127.0.0.1")
    issued.cert_chain_pems[0].write_to_path(tmp_path / "server.pem")
    issued.private_key_pem.write_to_path(tmp_path / "server.key")
    return authority


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(
        [sys.executable, "-m", "inference_events", *arguments],
        env={**os.environ, "COLUMNS": "500", "NO_COLOR": "1", **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_certificate_makes_it_https(authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a certificate the server has an https URL, and speaks only TLS 1.2 and newer, to clients that trust it."""
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    files = {"tls_certificate": str(tmp_path / "server.pem"), "tls_key": str(tmp_path / "server.key")}
    with running(tmp_path / "data", **files) as server:
        url = str(server.client.base_url)
        assert url.startswith("https://127.0.0.1:")
        model_id = server.create_model()
        server.publish(model_id, {"type": "EVENTS", "events": [{"id": "a", "number": 1}]})
        assert [event["event_id"] for event in server.read_all(model_id)] == ["a"]
        with pytest.raises(httpx.TransportError):
            httpx.get(url.replace("https", "http"))
        old = ssl.create_default_context(cafile=str(tmp_path / "ca.pem"))
        old.maximum_version = ssl.TLSVersion.TLSv1_2
        assert httpx.get(f"{url}/healthz", verify=old).status_code == 200

        listed = run("token", "list", "--url", url, INFERENCE_EVENTS_TOKEN=TOKEN)
        assert (listed.returncode, listed.stderr) == (0, "")
        untrusted = run("token", "list", "--url", url, INFERENCE_EVENTS_TOKEN=TOKEN, SSL_CERT_FILE="")
        assert untrusted.returncode == 1
        assert "is not trusted: name the file of its authority in SSL_CERT_FILE" in untrusted.stderr


@pytest.mark.parametrize(
    ("certificate", "key", "message"),
    [
        ("server.pem", "", "a TLS certificate and its key are given together or not at all"),
        ("", "server.key", "a TLS certificate and its key are given together or not at all"),
        ("server.pem", "none.key", "--tls-key or INFERENCE_EVENTS_TLS_KEY: Path does not point to a file"),
        ("none.pem", "server.key", "--tls-certificate or INFERENCE_EVENTS_TLS_CERTIFICATE: Path does not point to"),
        ("server.pem", "other.key", "the key belongs to another certificate"),
        ("server.pem", "garbage.key", "they must be PEM, and the key without a passphrase"),
        ("server.key", "server.key", "they must be PEM, and the key without a passphrase"),
        ("server.pem", "locked.key", "they must be PEM, and the key without a passphrase"),
    ],
)
def test_an_unusable_certificate_ends_the_start(
    authority: trustme.CA, tmp_path: Path, certificate: str, key: str, message: str
) -> None:
    """A certificate without its own key is an error at once, without a prompt and before anything is opened."""
    other = authority.issue_cert("127.0.0.1").private_key_pem
    other.write_to_path(tmp_path / "other.key")
    (tmp_path / "garbage.key").write_text("garbage")
    lock(tmp_path / "server.key", tmp_path / "locked.key")
    files = {"--tls-certificate": certificate, "--tls-key": key}
    flags = [text for flag, name in files.items() if name for text in (flag, str(tmp_path / name))]
    started = run("serve", "--port", "0", "--data-dir", str(tmp_path / "data"), *flags)
    assert started.returncode in (1, 2)
    assert message in started.stderr
    assert "Traceback" not in started.stderr
    assert not (tmp_path / "data").exists()


def lock(key: Path, locked: Path) -> None:
    """Write a key again, with a passphrase."""
    read = load_pem_private_key(key.read_bytes(), None)
    form = (Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"passphrase"))
    locked.write_bytes(read.private_bytes(*form))
