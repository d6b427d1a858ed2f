"""Uploads in parts survive the end of the server, at any step."""

import hashlib
from pathlib import Path

from tests.e2e.process import ServerProcess, running

HEAD, TAIL = b"id,number,label\n", b"a,1,true\nb,2,false\n"


def begin(server: ServerProcess) -> str:
    file_id: str = server.call("POST", "/v3/files/multipart-init", json={"filename": "rows.csv"})["id"]
    return file_id


def add(server: ServerProcess, file_id: str, number: int, content: bytes) -> str:
    form = {"file": ("part", content), "file_id": (None, file_id), "part_number": (None, str(number))}
    part_id: str = server.call("POST", "/v3/files/multipart-upload", files=form)["part_id"]
    assert part_id == hashlib.sha256(content).hexdigest()
    return part_id


def test_an_upload_goes_on_after_a_crash(tmp_path: Path) -> None:
    """Parts that were acknowledged are there after kill -9, and so is the file that was made of them."""
    with running(tmp_path) as server:
        file_id = begin(server)
        tail = add(server, file_id, 2, TAIL)
        server.kill()
        server.start()
        named = [{"number": 1, "id": add(server, file_id, 1, HEAD)}, {"number": 2, "id": tail}]
        completed = server.call("POST", "/v3/files/multipart-complete", json={"file_id": file_id, "parts": named})
        server.kill()
        server.start()
        assert completed["size"] == len(HEAD + TAIL)
        model_id = server.create_model(event_ts_col=None)
        job = server.wait_for(server.publish(model_id, {"type": "FILE", "file_id": file_id})["job"]["id"])
        assert (job["status"], job["info"]["created"]) == ("SUCCESS", 2)
        assert [event["values"]["number"] for event in server.read_all(model_id)] == [1, 2]
    kept = [path.name for room in ("files", "parts", "incoming") for path in (tmp_path / room).iterdir()]
    assert kept == [file_id]
