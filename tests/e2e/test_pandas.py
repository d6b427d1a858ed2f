"""The server works the same whether or not pandas is installed, because it never imports it."""

import os
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from tests.e2e.process import TOKEN, Server, client_of
from tests.program import Program


def test_pandas_is_not_imported(tmp_path: Path) -> None:
    """Neither the server nor the process that reads files imports pandas, for events, for files, or for proposals."""
    pandas = tmp_path / "installed" / "pandas"
    pandas.mkdir(parents=True)
    imported = tmp_path / "imported"
    (pandas / "__init__.py").write_text(f"open({str(imported)!r}, 'w').close()\n__version__ = '3.0.0'\n")
    pq.write_table(pa.table({"id": ["b", "c"], "number": [1, 2]}), tmp_path / "file.parquet")
    path = os.pathsep.join([str(pandas.parent), *filter(None, [os.environ.get("PYTHONPATH")])])
    program = Program(tmp_path / "data", TOKEN, environment={"PYTHONPATH": path})
    program.start()
    try:
        with client_of(program.url) as client:
            server = Server(client)
            model_id = server.create_model(event_ts_col=None)
            server.publish(model_id, {"type": "EVENTS", "events": [{"id": "a", "number": 1}]})
            file_id = server.upload(tmp_path / "file.parquet")
            job = server.wait_for(server.publish(model_id, {"type": "FILE", "file_id": file_id})["job"]["id"])
            server.call("POST", "/v3/model-factory", json={"file_id": file_id})
            events = server.read_all(model_id)
    finally:
        program.stop()
    assert (job["status"], len(events)) == ("SUCCESS", 3)
    assert not imported.exists()
