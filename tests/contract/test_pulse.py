"""The pulse of a model over HTTP: it follows events, jobs and alerts, and is a 304 while nothing changes."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import httpx
import pytest

from inference_events.alerts.judgements import Severity
from inference_events.app import Services
from inference_events.catalog import jobs
from tests.contract.alerts import GREATER, TOKEN, judge, judgement, rule, served
from tests.contract.definitions import UNKNOWN_ID, Api, Data
from tests.contract.figures import DAY, EVENTS, dataset, delete, model, update

pytestmark = pytest.mark.in_process
PULSE = "/v3/monitoring/pulse"
DEFAULT, WARNING, CRITICAL = Severity


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Services]]:
    with served(tmp_path_factory.mktemp("pulse")) as server:
        yield server


@pytest.fixture(scope="module")
def api(server: tuple[str, Services]) -> Iterator[Api]:
    with httpx.Client(base_url=server[0], headers={"Authorization": f"Bearer {TOKEN}"}, timeout=60) as client:
        yield Api(client)


class Poller:
    """Ask for the pulse of a model again and again, each time with the ETag of the last response."""

    def __init__(self, api: Api, model_id: str) -> None:
        self._api = api
        self._model_id = model_id
        self._headers: dict[str, str] = {}

    def poll(self) -> Data | None:
        """Return the pulse, or None if it has not changed."""
        response = self._api.client.get(PULSE, params={"model_id": self._model_id}, headers=self._headers)
        assert response.status_code in (200, 304), response.text
        self._headers = {"If-None-Match": response.headers["ETag"]}
        if response.status_code == 304:
            assert response.content == b""
            return None
        data: Data = response.json()["data"]
        return data

    def changed(self) -> Data:
        """Return the pulse, which must have changed once."""
        data = self.poll()
        assert data is not None
        assert self.poll() is None
        return data


def test_the_pulse_follows_the_events(api: Api) -> None:
    """Publishing, a correction and a deletion change the pulse, each once. Writing what is stored changes nothing."""
    model_id = model(api, "pulsing", events=[])
    poller = Poller(api, model_id)
    (production,) = poller.changed()["environments"]
    assert (production["type"], production["events"], production["newest_event"]) == ("PRODUCTION", 0, None)
    api.publish(model_id, *EVENTS)
    dataset_id, _ = dataset(api, model_id, {"id": "1"})
    pulse = poller.changed()
    production, training = pulse["environments"]
    assert (production["events"], production["is_exact"]) == (5, True)
    assert production["newest_event"]["timestamp"] == f"{DAY}05:00:00.000000Z"
    body = {"model_id": model_id, "env_type": "PRODUCTION", "event_ids": ["5"]}
    (newest,) = api.post("/v3/events/query", body)["items"]
    assert production["newest_event"]["received_at"] == newest["received_at"]
    assert (training["id"], training["name"], training["events"]) == (dataset_id, "training", 1)
    assert pulse["environment_count"] == 2
    api.publish(model_id, *EVENTS)
    assert poller.poll() is None
    update(api, model_id, id="5", churn=1)
    after = poller.changed()
    assert after["environments"][0]["data_revision"] != production["data_revision"]
    assert after["environments"][1] == training
    delete(api, model_id, "5")
    production = poller.changed()["environments"][0]
    assert (production["events"], production["newest_event"]["timestamp"]) == (4, f"{DAY}04:00:00.000000Z")


def test_the_pulse_counts_unfinished_jobs(api: Api, server: tuple[str, Services]) -> None:
    """Jobs of the model count while they wait or run, and those of other models never do."""
    model_id, other_id = model(api, "working", events=[]), model(api, "idle", events=[])
    poller, other = Poller(api, model_id), Poller(api, other_id)
    assert poller.changed()["jobs"] == other.changed()["jobs"] == {"pending": 0, "started": 0}
    catalog = server[1].catalog

    def start(session: Any) -> str:
        """Add a job that runs elsewhere, so that no worker of this server ends it."""
        facts: Data = {"kind": "none", "name": "runs", "params": {}, "info": {}, "project_id": api.project_id}
        job = jobs.create(session, **facts, model_id=model_id, token_id="none", epoch=0)
        job.status = jobs.STARTED
        return job.id

    ids = [catalog.write(start) for _ in range(2)]
    assert poller.changed()["jobs"] == {"pending": 0, "started": 2}
    assert other.poll() is None
    for id, left in zip(ids, (1, 0), strict=True):
        catalog.write(partial(_end, id))
        assert poller.changed()["jobs"] == {"pending": 0, "started": left}


def _end(job_id: str, session: Any) -> None:
    jobs.end(jobs.get(session, job_id), jobs.SUCCESS)


def test_the_pulse_counts_open_alerts(api: Api, server: tuple[str, Services]) -> None:
    """A rule is an open alert if the newest bin that was judged is one, with the worst severity of its columns."""
    model_id, catalog = model(api, "alarmed", events=[]), server[1].catalog
    poller = Poller(api, model_id)
    fields = GREATER | {"metric_id": "range_violation_count", "feature_names": ["age", "p"]}
    rule_id = rule(api, model_id, name="columns", **fields)["id"]
    other_id = rule(api, model_id, name="traffic")["id"]
    assert poller.changed()["open_alerts"] == {"warning": 0, "critical": 0}
    judge(catalog, rule_id, judgement(3, WARNING, column="age"), judgement(7, CRITICAL, column="p"))
    judge(catalog, other_id, judgement(3, WARNING))
    assert poller.changed()["open_alerts"] == {"warning": 1, "critical": 1}
    judge(catalog, rule_id, judgement(0, DEFAULT, column="p"))
    assert poller.changed()["open_alerts"] == {"warning": 2, "critical": 0}
    judge(catalog, rule_id, judgement(0, DEFAULT, hours=1, column="age"))
    judge(catalog, other_id, judgement(None, None, hours=1, reason="no_rows"))
    assert poller.changed()["open_alerts"] == {"warning": 0, "critical": 0}
    judge(catalog, other_id, judgement(9, CRITICAL, hours=2))
    assert poller.changed()["open_alerts"] == {"warning": 0, "critical": 1}
    assert api.client.delete(f"/v3/alert-rules/{other_id}").status_code == 200
    assert poller.changed()["open_alerts"] == {"warning": 0, "critical": 0}


def test_if_none_match(api: Api) -> None:
    """One of several ETags, a weak one and a star match; another ETag, none at all and text without quotes do not."""
    query = {"model_id": model(api, "matching", events=[])}
    etag = api.client.get(PULSE, params=query).headers["ETag"]

    def status(known: str) -> int:
        return api.client.get(PULSE, params=query, headers={"If-None-Match": known}).status_code

    assert [status(known) for known in (etag, f'"a", {etag}', f"W/{etag}", "*")] == [304] * 4
    assert [status(known) for known in ('"a"', "", etag.strip('"'))] == [200] * 3
    assert api.client.head(PULSE, params=query).headers["ETag"] == etag


def test_refusals(api: Api) -> None:
    """An unknown model is a 404, also with a star, and a missing or invalid id a 400 that names the parameter."""
    star = {"If-None-Match": "*"}
    assert api.refused(404, "GET", PULSE, params={"model_id": UNKNOWN_ID}, headers=star)
    assert api.refused(400, "GET", PULSE) == ["query parameter model_id is required"]
    (message,) = api.refused(400, "GET", PULSE, params={"model_id": "mine"})
    assert message == "query parameter model_id must be a UUID"
