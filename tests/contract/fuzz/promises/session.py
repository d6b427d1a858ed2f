"""Requests to the server under test, with one token."""

import time
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import httpx

JOB_SECONDS = 60
ENDED = ("SUCCESS", "FAILURE")


class Session:
    """Send requests with a token. Methods return the `data` of a successful response."""

    def __init__(self, url: str, token: str) -> None:
        self.url = url
        self._client = httpx.Client(base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=60)

    def __enter__(self) -> "Session":
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def send(
        self, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None, **query: Any
    ) -> httpx.Response:
        """Return any response; `body` is sent as JSON unless it is None."""
        return self._client.request(method, path, json=body, headers=headers, params=query or None)

    def get(self, path: str, **query: Any) -> Any:
        return _data(self.send("GET", path, **query))

    def post(self, path: str, body: object) -> Any:
        return _data(self.send("POST", path, body))

    def patch(self, path: str, body: object) -> Any:
        return _data(self.send("PATCH", path, body))

    def delete(self, path: str, body: object = None) -> Any:
        return _data(self.send("DELETE", path, body))

    def items(self, path: str, **query: Any) -> list[Any]:
        """Return all items of a list that has at most a thousand for each page."""
        found: list[Any] = []
        while True:
            page = self.get(path, limit=1000, offset=len(found), **query)
            found += page["items"]
            if not page["items"] or len(found) >= page["total"]:
                return found

    def upload(self, content: bytes, name: str) -> str:
        """Return the id of a file that is stored now."""
        return str(_data(self._client.post("/v3/files/upload", files={"file": (name, content)}))["id"])

    def upload_part(self, file_id: str, number: int, content: bytes) -> str:
        """Return the id of a part that is stored now."""
        form = {"file_id": file_id, "part_number": str(number)}
        response = self._client.post("/v3/files/multipart-upload", data=form, files={"file": ("part", content)})
        return str(_data(response)["part_id"])

    def download(self, body: Mapping[str, Any]) -> bytes:
        return self._client.post("/v3/analytics/download-slice-data", json=body).raise_for_status().content

    def ended(self, job_id: str) -> Any:
        """Return a job after its end. Its progress never leaves 0 to 100."""
        deadline = time.monotonic() + JOB_SECONDS
        while time.monotonic() < deadline:
            job = self.get(f"/v3/jobs/{job_id}")
            assert 0 <= job["progress"] <= 100
            if job["status"] in ENDED:
                return job
            time.sleep(0.02)
        raise AssertionError("the job did not end")

    def succeeded(self, job_id: str) -> Any:
        """Return the info of a job that has to succeed."""
        job = self.ended(job_id)
        assert job["status"] == "SUCCESS", job
        assert job["progress"] == 100
        return job["info"]

    def as_token(self, secret: str) -> "Session":
        """Return a session of another token."""
        return Session(self.url, secret)


def fresh_name() -> str:
    """Return an unused name."""
    return f"p{uuid4().hex[:24]}"


def _data(response: httpx.Response) -> Any:
    assert response.is_success, f"{response.request.method} {response.request.url.path}: {response.text}"
    return response.json()["data"]
