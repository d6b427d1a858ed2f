"""The vendor's notebook that retrieves metrics over REST: a series for a chart, and a figure for a card."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import fiddler as fdl
import pytest
import requests

from tests.compat.notebooks import churn, steps
from tests.compat.stored import done

ROWS = 1_000
DAYS = 30


def post(path: str, body: dict[str, Any]) -> requests.Response:
    headers = {"Authorization": f"Bearer {fdl.conn.token}", "Content-Type": "application/json"}
    return requests.post(f"{fdl.conn.url}{path}", headers=headers, json=body, timeout=60)


@pytest.mark.slow
def test_metrics_of_the_notebook(project_name: str) -> None:
    """Fields that do not matter are empty, and times have no zone: both figures are those of the days asked for."""
    project = steps.open_project(project_name)
    events = churn.customers(ROWS, seed=10, first=churn.SAMPLE_DAY, days=DAYS)
    model = churn.churn_model("retrieved", project, events)
    done(model.publish(events))
    end = churn.SAMPLE_DAY + timedelta(days=10) - timedelta(seconds=1)
    time_range = {"start_time": f"{churn.SAMPLE_DAY:%Y-%m-%dT%H:%M:%S}", "end_time": f"{end:%Y-%m-%dT%H:%M:%S}"}
    key = str(uuid4())
    query = {
        "baseline_id": "",
        "columns": [],
        "metric": "traffic",
        "model_id": str(model.id),
        "query_key": key,
        "segment": {},
        "viz_type": "line",
    }
    filters = {"bin_size": "Day", "time_zone": "UTC", "time_label": "30d", "time_range": time_range}
    body = {"project_id": str(project.id), "query_type": "MONITORING", "filters": filters, "queries": [query]}
    chart = post("/v3/queries", body)
    card = {
        "model_id": str(model.id),
        "env_type": "PRODUCTION",
        "metrics": [{"id": "traffic"}],
        "time_range": time_range,
    }
    figures = post("/v3/analytics/metrics", card)

    assert chart.status_code == 200, chart.text
    days = [steps.within(events, churn.SAMPLE_DAY + timedelta(days=day), steps.DAY) for day in range(10)]
    result = chart.json()["data"]["results"][key]
    assert [row[1] for row in result["data"]] == [len(day) for day in days]
    assert figures.status_code == 200, figures.text
    assert figures.json()["data"] == [int((events["timestamp"] < end.timestamp() * 1000).sum())]
