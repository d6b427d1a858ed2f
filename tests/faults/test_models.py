"""Thousands of models are a start that takes a moment longer, and nothing else."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.faults.server_under_test import server_under_test


@pytest.mark.parametrize("count", [30, pytest.param(5000, marks=[pytest.mark.faults, pytest.mark.timeout(1200)])])
def test_many_models_survive_a_kill(tmp_path: Path, counts: Counter[str], count: int) -> None:
    """Each keeps its events, is listed once, and takes more after a kill."""
    columns = [{"name": "id", "data_type": "str"}, {"name": "number", "data_type": "int"}]
    fields = {"schema": {"columns": columns}, "spec": {"metadata": ["id"]}, "event_id_col": "id", "event_ts_col": "at"}
    with server_under_test(tmp_path / "data") as server:
        project_id = server.call("POST", "/v3/projects", json={"name": "crowded"})["id"]

        def make(number: int) -> str:
            body = {"name": f"model_{number}", "project_id": project_id, **fields}
            model_id: str = server.call("POST", "/v3/models", json=body)["id"]
            events = [{"id": "same", "number": number, "at": 1_700_000_000 + number}]
            server.publish(model_id, {"type": "EVENTS", "events": events})
            return model_id

        with ThreadPoolExecutor(8) as makers:
            model_ids = list(makers.map(make, range(count)))
        server.kill()
        server.start()
        listed = [
            model["id"]
            for offset in range(0, count, 1000)
            for model in server.call("GET", f"/v3/models?limit=1000&offset={offset}")["items"]
        ]
        assert sorted(listed) == sorted(model_ids)

        def check(number: int) -> None:
            (event,) = server.read_all(model_ids[number])
            assert event["values"]["number"] == number
            more = [{"id": "another", "number": -number}]
            assert server.publish(model_ids[number], {"type": "EVENTS", "events": more})["created"] == 1

        with ThreadPoolExecutor(8) as readers:
            list(readers.map(check, range(count)))
        assert server.alarms() == []
    counts["models"] += count
