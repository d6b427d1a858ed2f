"""A computation ends once its client has gone."""

import threading
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from inference_events.app import create_app
from inference_events.monitoring.engine import Computation, QueryCancelled
from inference_events.monitoring.queries.cards import CardPlan, Cards
from inference_events.settings import Settings
from tests.contract.definitions import Api
from tests.contract.serving import serve

SECRET = "admin-token-of-the-departures"
SECONDS = 20


def test_the_computation_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A computation that would go on is cancelled when the client closes the connection, and the server serves on."""
    began, ended = threading.Event(), threading.Event()

    def compute(plan: CardPlan, computation: Computation) -> Cards:
        try:
            while True:
                computation.run("SELECT 1", [])
                began.set()
        except QueryCancelled:
            ended.set()
            raise

    monkeypatch.setattr(CardPlan, "compute", compute)
    settings = Settings(data_dir=tmp_path, admin_token=SecretStr(SECRET), max_monitoring_seconds=SECONDS * 3)
    headers = {"Authorization": f"Bearer {SECRET}"}
    with serve(create_app(settings)) as url, httpx.Client(base_url=url, headers=headers) as client:
        model_id = Api(client).model("left")
        body = {"model_id": model_id, "env_type": "PRODUCTION", "metrics": [{"id": "traffic"}]}
        with httpx.Client(base_url=url, headers=headers, timeout=1) as leaving, pytest.raises(httpx.ReadTimeout):
            leaving.post("/v3/analytics/metrics", json=body)
        assert began.is_set()
        assert ended.wait(SECONDS)
        assert client.get("/v3/projects").status_code == 200
