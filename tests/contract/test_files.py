"""Files over HTTP: they are listed, can be deleted, and are deleted with the models that used them."""

import io
import json
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.envelope import assert_error_envelope
from tests.uploads import object_paths

REMOVED = "The file was removed; upload it again"
Data = dict[str, Any]


class Api:
    """A client that uploads files and publishes from them."""

    def __init__(self, client: httpx.Client, data_dir: Path) -> None:
        self.client = client
        self._data_dir = data_dir
        self.project_id = self.call("POST", "/v3/projects", json={"name": f"p_{uuid4().hex[:20]}"})["id"]

    def call(self, method: str, path: str, status: int = 200, **more: Any) -> Data:
        response = self.client.request(method, path, **more)
        assert response.status_code == status, response.text
        data: Data = response.json()["data"]
        return data

    def refused(self, status: int, method: str, path: str, **more: Any) -> str:
        """Return the message of a request that must fail with `status`."""
        response = self.client.request(method, path, **more)
        assert response.status_code == status, response.text
        message: str = assert_error_envelope(response.json(), status)["message"]
        return message

    def upload(self, name: str = "rows.csv", content: bytes = b"id\na\n") -> str:
        return str(self.call("POST", "/v3/files/upload", files={"file": (name, content)})["id"])

    def model(self) -> str:
        columns = [{"name": "id", "data_type": "str"}]
        body = {"name": f"m_{uuid4().hex[:20]}", "project_id": self.project_id, "schema": {"columns": columns}}
        return str(self.call("POST", "/v3/models", json=body | {"spec": {}, "event_id_col": "id"})["id"])

    def publish(self, model_id: str, file_id: str) -> Data:
        """Publish a file and return its job when it has ended."""
        return self.wait_for(self.call("POST", "/v3/events", json=source(model_id, file_id))["job"]["id"])

    def wait_for(self, job_id: str) -> Data:
        deadline = time.monotonic() + 30
        while (job := self.call("GET", f"/v3/jobs/{job_id}"))["status"] in ("PENDING", "STARTED"):
            assert time.monotonic() < deadline, "the job does not end"
            time.sleep(0.02)
        return job

    def delete(self, path: str) -> None:
        """Delete a model or a project, and wait until it is gone."""
        job = self.wait_for(self.call("DELETE", path, 202)["job"]["id"])
        assert job["status"] == "SUCCESS"

    def content(self, file_id: str) -> Path:
        """Return the path of the content of a file of one part."""
        [path] = object_paths(self._data_dir, file_id)
        return path

    def names(self, **query: Any) -> list[str]:
        return [item["filename"] for item in self.call("GET", "/v3/files", params=query)["items"]]


@pytest.fixture(scope="module")
def client(server_url: str, token: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server_url, headers={"Authorization": f"Bearer {token}"}, timeout=60) as client:
        yield client


@pytest.fixture
def api(client: httpx.Client, data_dir: Path) -> Api:
    return Api(client, data_dir)


def source(model_id: str, file_id: str) -> Data:
    return {"model_id": model_id, "env_type": "PRODUCTION", "source": {"type": "FILE", "file_id": file_id}}


def all_of(*rules: Mapping[str, Any]) -> str:
    return json.dumps({"condition": "AND", "rules": rules})


def rule(field: str, operator: str, value: Any) -> Data:
    return {"field": field, "operator": operator, "value": value}


def test_files_are_listed_as_everything_else(api: Api) -> None:
    """The list of files filters, orders, searches and pages; an upload that is not completed is in it."""
    mark = uuid4().hex[:12]
    sizes = {f"{mark}_a.csv": 5, f"{mark}_B.csv": 50, f"{mark}_c.parquet": 500}
    for name, size in sizes.items():
        api.upload(name, b"x" * size)
    api.call("POST", "/v3/files/multipart-init", json={"filename": f"{mark}_d.csv"})
    mine = rule("filename", "begins_with", mark)
    assert api.names(filter=all_of(mine)) == [f"{mark}_d.csv", *reversed(sizes)]
    assert api.names(filter=all_of(mine), ordering="-size", limit=2) == [f"{mark}_c.parquet", f"{mark}_B.csv"]
    assert api.names(filter=all_of(mine), ordering="size", limit=2, offset=2) == [f"{mark}_B.csv", f"{mark}_c.parquet"]
    assert api.names(filter=all_of(mine, rule("status", "equal", "INITIATED"))) == [f"{mark}_d.csv"]
    assert api.names(filter=all_of(mine, rule("size", "greater", 50), rule("type", "equal", "PARQUET"))) == [
        f"{mark}_c.parquet"
    ]
    assert api.names(filter=all_of(mine, rule("size", "in", [5, 50])), ordering="size") == list(sizes)[:2]
    assert api.names(search=f"{mark}_b") == [f"{mark}_B.csv"]


@pytest.mark.parametrize("value", ["5", 1.5, True, None, 2**63, [5]])
def test_a_size_is_compared_with_an_integer(api: Api, value: Any) -> None:
    """A filter that compares a size with anything but an integer of 64 bits is a 400."""
    api.refused(400, "GET", "/v3/files", params={"filter": all_of(rule("size", "equal", value))})


def test_a_file_shows_what_its_upload_showed(api: Api) -> None:
    """Reading a file returns the same as its upload, in either case of its id."""
    uploaded = api.call("POST", "/v3/files/upload", files={"file": ("rows.csv", b"id\na\n")})
    assert api.call("GET", f"/v3/files/{uploaded['id'].upper()}") == uploaded
    api.refused(404, "GET", f"/v3/files/{uuid4()}")


@pytest.mark.in_process
def test_a_deleted_file_is_gone(api: Api) -> None:
    """A deletion shows the file once more; then the file and its content are gone, for reads, publishes and updates."""
    file_id, model_id = api.upload(), api.model()
    shown = api.call("GET", f"/v3/files/{file_id}")
    content = api.content(file_id)
    assert content.exists()
    assert api.call("DELETE", f"/v3/files/{file_id}", headers={"Idempotency-Key": file_id}) == shown
    assert not content.exists()
    assert api.call("DELETE", f"/v3/files/{file_id}", headers={"Idempotency-Key": file_id}) == shown
    for method in ("DELETE", "GET"):
        assert api.refused(404, method, f"/v3/files/{file_id}") == REMOVED
    for method in ("POST", "PATCH"):
        assert api.refused(404, method, "/v3/events", json=source(model_id, file_id)) == REMOVED
    assert api.refused(404, "POST", "/v3/model-factory", json={"file_id": file_id}) == REMOVED
    assert api.names(filter=all_of(rule("id", "equal", file_id))) == []


@pytest.mark.in_process
def test_an_upload_in_parts_is_deleted_with_its_parts(api: Api) -> None:
    """An upload that is not completed can be deleted; it takes no more parts, and those it has are gone."""
    file_id = api.call("POST", "/v3/files/multipart-init", json={"filename": "rows.csv"})["id"]
    form = {"file_id": (None, file_id), "part_number": (None, "1"), "file": ("part", io.BytesIO(b"id\n"))}
    api.call("POST", "/v3/files/multipart-upload", files=form)
    content = api.content(file_id)
    assert content.exists()
    assert api.call("DELETE", f"/v3/files/{file_id}")["status"] == "INITIATED"
    assert not content.exists()
    assert api.refused(404, "POST", "/v3/files/multipart-upload", files=form) == REMOVED


@pytest.mark.in_process
def test_files_go_with_the_last_model_that_used_them(api: Api) -> None:
    """Deleting a model removes the files that only deleted models used; its jobs and rejected rows stay readable."""
    own, shared, unused = api.upload(content=b'id\na\n""\n'), api.upload(), api.upload()
    contents = {file_id: api.content(file_id) for file_id in (own, shared, unused)}
    first, second = api.model(), api.model()
    job = api.publish(first, own)
    api.publish(first, shared)
    api.publish(second, shared)
    api.delete(f"/v3/models/{first}")
    assert api.refused(404, "GET", f"/v3/files/{own}") == REMOVED
    assert not contents[own].exists()
    assert api.call("GET", f"/v3/jobs/{job['id']}") == job
    assert api.call("GET", f"/v3/jobs/{job['id']}/rejected-rows")["total"] == 1
    assert contents[shared].exists()
    api.delete(f"/v3/models/{second}")
    assert api.refused(404, "GET", f"/v3/files/{shared}") == REMOVED
    assert not contents[shared].exists()
    assert contents[unused].exists()


@pytest.mark.in_process
def test_files_go_with_their_project(api: Api) -> None:
    """Deleting a project removes the files that only its models used."""
    file_id = api.upload()
    content = api.content(file_id)
    api.publish(api.model(), file_id)
    api.delete(f"/v3/projects/{api.project_id}")
    assert api.refused(404, "GET", f"/v3/files/{file_id}") == REMOVED
    assert not content.exists()


@pytest.mark.in_process
def test_a_job_whose_file_vanished_says_so(api: Api) -> None:
    """A job fails with the reason if its file was removed from the disk."""
    file_id = api.upload()
    api.content(file_id).unlink()
    job = api.publish(api.model(), file_id)
    assert (job["status"], job["error_reason"]) == ("FAILURE", "InternalError")
    assert job["error_message"] == "The uploaded file is missing from the file store; upload it again"


@pytest.mark.parametrize("method", ["GET", "DELETE"])
@pytest.mark.parametrize("path", ["upload", "multipart-init", "multipart-upload", "multipart-complete"])
def test_paths_of_uploads_are_no_ids(api: Api, path: str, method: str) -> None:
    """The paths of uploads are no files: they refuse the methods of a file, and allow their own."""
    response = api.client.request(method, f"/v3/files/{path}")
    assert_error_envelope(response.json(), 405)
    assert response.headers["Allow"] == "POST"
