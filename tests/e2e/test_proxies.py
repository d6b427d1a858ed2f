"""A server behind a proxy: the address that links name, and whose word on the client counts."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from tests.e2e.process import TOKEN
from tests.program import Program

PUBLIC = "https://events.example.com"
CLIENT = "203.0.113.9"
FORGED = {"X-Forwarded-For": CLIENT, "X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil.example.com"}


def lines_of(tmp_path: Path, headers: dict[str, str], **settings: str) -> list[dict[str, Any]]:
    """Return the log's lines about a request with these headers."""
    log = tmp_path / "log"
    server = Program(tmp_path / "data", TOKEN, settings, log=log)
    server.start()
    try:
        httpx.get(f"{server.url}/v3/projects", headers={"Authorization": f"Bearer {TOKEN}", **headers})
    finally:
        server.stop()
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    return [line for line in lines if line["event"] == "request"]


@pytest.mark.parametrize(
    ("proxies", "client"),
    [({}, "127.0.0.1"), ({"trusted_proxies": "10.0.0.0/8"}, "127.0.0.1"), ({"trusted_proxies": "127.0.0.0/8"}, CLIENT)],
)
def test_only_a_trusted_proxy_names_the_client(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, proxies: dict[str, str], client: str
) -> None:
    """The log has the address that a trusted proxy names; of any other peer, local or not, it has the peer's own.

    The variable by which the HTTP library trusts proxies has no effect.
    """
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "*")
    assert [line["client"] for line in lines_of(tmp_path, FORGED, **proxies)] == [client]


def test_links_begin_with_the_public_url(tmp_path: Path) -> None:
    """Links begin with the public URL, for any host and headers that a client names. Without one they are relative."""
    for settings, redirect, root in (({"public_url": f"{PUBLIC}/"}, f"{PUBLIC}/docs", PUBLIC), ({}, "/docs", "/")):
        server = Program(tmp_path / "data", TOKEN, settings | {"trusted_proxies": "127.0.0.1"})
        server.start()
        try:
            with httpx.Client(base_url=server.url, headers={**FORGED, "Host": "evil.example.com"}) as client:
                assert client.get("/").headers["location"] == redirect
                spec = yaml.safe_load(client.get("/openapi.yaml").text)
                assert [each["url"] for each in spec["servers"]] == [root]
                assert "evil" not in client.get("/docs").text
        finally:
            server.stop()
