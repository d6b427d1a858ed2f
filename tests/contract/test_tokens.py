"""The life of tokens and their secrets."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import httpx
import pytest

from inference_events.app import create_app
from inference_events.settings import Settings
from tests.contract.access import SECONDS, Access, bearer, served
from tests.contract.serving import serve
from tests.envelope import assert_error_envelope


@pytest.fixture(scope="module")
def access(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Access]:
    """Serve an empty data directory."""
    with served(tmp_path_factory.mktemp("data")) as access:
        yield access


def test_a_rotated_token_lives_on_for_the_overlap(access: Access) -> None:
    """The old secret works until its new expiry, which is shown, and no longer; the new one works throughout."""
    old_id, old = access.token("read")
    new_id, new = access.rotate(old_id, overlap_seconds=1)
    assert access.is_known(old)
    assert access.is_known(new)
    end = datetime.fromisoformat(access.listed(old_id)["expires_at"])
    assert access.listed(new_id)["expires_at"] is None
    assert access.listed(new_id)["scopes"] == access.listed(old_id)["scopes"] == ["read"]
    time.sleep(max(0.0, (end - datetime.now(UTC)).total_seconds()))
    assert not access.is_known(old)
    assert access.is_known(new)


def test_a_token_is_rotated_once(access: Access) -> None:
    """A rotated token is not rotated again, so that one secret does not become many; the one that replaced it is."""
    old_id, _ = access.token("read")
    new_id, _ = access.rotate(old_id, overlap_seconds=60)
    again = access.send("POST", f"/v3/tokens/{old_id}/rotate", json={})
    assert_error_envelope(again.json(), 409)
    access.rotate(new_id, overlap_seconds=60)


def test_the_time_of_the_last_use_is_shown(access: Access) -> None:
    """A token counts as used once a request passed its check, even if refused later; refused secrets do not count."""
    token_id, secret = access.token("read")
    before = datetime.now(UTC)
    assert access.send("GET", "/v3/projects", f"{secret}x").status_code == 401
    assert access.listed(token_id)["last_used_at"] is None
    assert access.send("POST", "/v3/projects", secret, json={"name": "refused"}).status_code == 403
    deadline = time.monotonic() + SECONDS
    while (used := access.listed(token_id)["last_used_at"]) is None:
        assert time.monotonic() < deadline, "the use is not shown"
        time.sleep(0.01)
    assert before <= datetime.fromisoformat(used) <= datetime.now(UTC)


def test_no_secret_is_kept_or_logged(access: Access) -> None:
    """Secrets are in no log line, however they were sent, and in the data directory only as hashes."""
    token_id, secret = access.token("admin")
    _, successor = access.rotate(token_id, overlap_seconds=60)
    for one in (secret, successor, access.token("read")[1]):
        assert access.send("GET", "/v3/server-info", one).status_code == 200
        assert access.client.get("/v3/projects", params={"token": one}).status_code == 401
        assert access.send("GET", "/v3/projects", params={one: one}).status_code == 400
        assert access.send("GET", f"/v3/jobs/{one}").status_code == 400
        assert access.send("GET", f"/v3/{one}").status_code == 404
        assert access.send("POST", "/v3/projects", json={"name": one, one: one}).status_code == 400
        assert access.client.get("/v3/projects", headers={"Authorization": f"Basic {one}"}).status_code == 401
    assert access.client.get("/metrics").status_code == 200
    logged = access.log.getvalue()
    stored = {path: path.read_bytes() for path in access.data_dir.rglob("*") if path.is_file()}
    assert token_id.encode() in logged
    for one in access.secrets:
        assert one.encode() not in logged
        assert sha256(one.encode()).hexdigest().encode() not in logged
        assert [path for path, content in stored.items() if one.encode() in content] == []
        assert any(sha256(one.encode()).hexdigest().encode() in content for content in stored.values())


def test_the_first_admin_token_is_in_its_file_alone(tmp_path: Path) -> None:
    """The secret that a first start makes is in one file, which only the owner can read."""
    shown: list[str] = []
    settings = Settings(data_dir=tmp_path)
    with serve(create_app(settings, announce=shown.append)) as url:
        assert httpx.get(f"{url}/v3/tokens", headers=bearer(shown[0])).status_code == 200
        holding = [path for path in tmp_path.rglob("*") if path.is_file() and shown[0].encode() in path.read_bytes()]
    assert [path.name for path in holding] == ["admin-token"]
    assert holding[0].stat().st_mode & 0o077 == 0
    assert tmp_path.stat().st_mode & 0o077 == 0
