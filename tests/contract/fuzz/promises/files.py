"""Files: an upload in parts becomes the file of its parts in the order of their numbers."""

from hypothesis import strategies as st

from tests.contract.fuzz.fixtures import ID_COLUMN
from tests.contract.fuzz.promises.promise import promise
from tests.contract.fuzz.promises.samples import new_model, new_project, publish_file, read
from tests.contract.fuzz.promises.session import Session


@promise("begin_multipart_upload", "upload_part", "complete_multipart_upload", "publish_events")
def parts_are_joined_by_number(session: Session, data: st.DataObject) -> None:
    """Parts that come, and are named, in any order make the file that was cut."""
    distances = data.draw(st.lists(st.integers(0, 5000), min_size=3, max_size=6))
    rows = {f"row-{number}": distance for number, distance in enumerate(distances)}
    content = f"{ID_COLUMN},distance\n" + "".join(f"{one},{distance}\n" for one, distance in rows.items())
    cuts = sorted(data.draw(st.sets(st.integers(1, len(content) - 1), min_size=1, max_size=3)))
    pieces = [content[low:high] for low, high in zip([0, *cuts], [*cuts, len(content)], strict=True)]
    file_id = session.post("/v3/files/multipart-init", {"filename": "rows.csv"})["id"]
    parts = [
        {"number": number, "id": session.upload_part(file_id, number, piece.encode())}
        for number, piece in data.draw(st.permutations(list(enumerate(pieces, 1))))
    ]
    body = {"file_id": file_id, "parts": data.draw(st.permutations(parts))}
    assert session.post("/v3/files/multipart-complete", body)["size"] == len(content)
    model_id = new_model(session, new_project(session)["id"])["id"]
    session.succeeded(publish_file(session, model_id, file_id))
    assert {item["event_id"]: item["values"]["distance"] for item in read(session, model_id)} == rows


PROMISES = (parts_are_joined_by_number,)
