"""The vendor's notebook that fetches the performance of a binary classifier over REST, and writes it to a CSV file."""

import csv
from pathlib import Path
from typing import Any

import fiddler as fdl
import numpy as np
import pandas as pd
import pytest
import requests

from tests.compat.notebooks import churn, steps
from tests.compat.stored import done

ROWS = 2_000
ASKED = {"accuracy": "Accuracy", "precision": "Precision", "recall": "Recall", "f1_score": "F1 Score", "auc": "AUC"}


def fetch(model: fdl.Model) -> Any:
    """Ask for the metrics as the notebook does."""
    response = requests.post(
        f"{fdl.conn.url}/v3/analytics/metrics",
        json={"model_id": str(model.id), "env_type": "PRODUCTION", "metrics": [{"id": metric} for metric in ASKED]},
        headers={
            "Authorization": f"Bearer {fdl.conn.token}",
            "Content-Type": "application/json",
            "Accept": "application/json",
        },
        timeout=30,
    )
    assert response.status_code == 200, response.text
    return response.json()["data"]


def save(values: list[float], path: Path) -> None:
    """Write the file of the notebook: a row for each metric that has a value."""
    rows = [(name, value) for name, value in zip(ASKED.values(), values, strict=True) if value is not None]
    pd.DataFrame(rows, columns=["Metric", "Value"]).to_csv(path, index=False)


def area_under_curve(events: pd.DataFrame) -> float:
    """Return how often a customer who left has a higher score than one who stayed; ties count half."""
    left, stayed = (events[events["churn"] == word]["predicted_churn"].to_numpy() for word in ("yes", "no"))
    return float(np.mean(np.sign(left[:, None] - stayed[None, :]) + 1) / 2)


def test_metrics_of_the_notebook(project_name: str, tmp_path: Path) -> None:
    """The response is a plain list in the order of the request, with the values of the textbook's formulas."""
    events = churn.customers(ROWS, seed=3)
    model = churn.churn_model("fetched", steps.open_project(project_name), events)
    done(model.publish(events))
    save(fetch(model), tmp_path / "performance_metrics.csv")

    tp, fp, fn, tn = churn.confusion(events)
    expected = [(tp + tn) / ROWS, tp / (tp + fp), tp / (tp + fn), 2 * tp / (2 * tp + fp + fn), area_under_curve(events)]
    with (tmp_path / "performance_metrics.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["Metric"] for row in rows] == list(ASKED.values())
    assert [float(row["Value"]) for row in rows] == pytest.approx(expected)
