"""Scores over HTTP: figures, confusion matrix, curves and errors, before and after changes."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.contract.definitions import UNKNOWN_ID, Api
from tests.contract.figures import EVENTS, dataset, delete, model, update

SCORES = "/v3/analytics/scores"
PRODUCTION = {"source_type": "ENVIRONMENT", "env_type": "PRODUCTION"}
REGRESSION: dict[str, Any] = {
    "task": "regression",
    "task_params": {},
    "spec": {"inputs": ["place"], "outputs": ["p"], "targets": ["Age"], "metadata": ["id"]},
}


@pytest.fixture(scope="module")
def api(server_url: str, token: str) -> Iterator[Api]:
    with httpx.Client(base_url=server_url, headers={"Authorization": f"Bearer {token}"}, timeout=60) as client:
        yield Api(client)


def scores(api: Api, model_id: str, *names: str, **more: Any) -> dict[str, Any]:
    """Return the response with scores."""
    return api.post(SCORES, {"model_id": model_id, "data_source": PRODUCTION, "metrics": names} | more)


def test_exact_after_changes(api: Api) -> None:
    """Scores count the newest values: after a label arrives, and after a deletion."""
    model_id = model(api, "scores")
    names = ("CONFUSION_MATRIX", "ACCURACY", "AUC")
    first = scores(api, model_id, *names)
    assert (first["total_samples"], first["valid_samples"], first["reasons"]) == (5, 4, {})
    matrix = {"tp": 1, "fp": 1, "tn": 1, "fn": 1}
    assert first["scores"] == {"confusion_matrix": matrix, "accuracy": 0.5, "auc": 0.75}
    update(api, model_id, id="5", churn=1)
    labelled = scores(api, model_id, *names)
    assert labelled["valid_samples"] == 5
    assert labelled["scores"]["confusion_matrix"] == matrix | {"tp": 2}
    assert labelled["data_revision"] != first["data_revision"]
    delete(api, model_id, "2", "4")
    last = scores(api, model_id, *names, "ROC_CURVE")
    assert last["scores"]["confusion_matrix"] == {"tp": 2, "fp": 0, "tn": 0, "fn": 1}
    assert last["scores"]["auc"] is None
    assert last["reasons"] == {"auc": "one_class", "roc_curve": "one_class"}
    threshold = scores(api, model_id, "CONFUSION_MATRIX", binary_threshold=0.8)
    assert threshold["scores"]["confusion_matrix"] == {"tp": 1, "fp": 0, "tn": 0, "fn": 2}


def test_curves(api: Api) -> None:
    """Curves go from the highest threshold down, and buckets from the lowest score up."""
    model_id = model(api, "curves")
    found = scores(api, model_id, "ROC_CURVE", "PRECISION_RECALL_CURVE", "CALIBRATION_CURVE")["scores"]
    assert found["roc_curve"] == {
        "fpr": [0, 0, 0.5, 0.5, 1],
        "tpr": [0, 0.5, 0.5, 1, 1],
        "thresholds": [None, 0.9, 0.6, 0.2, 0.1],
    }
    assert found["precision_recall_curve"]["precision"] == pytest.approx([1, 1 / 2, 2 / 3, 1 / 2])
    assert found["precision_recall_curve"]["recall"] == [0.5, 0.5, 1, 1]
    buckets = [(one["rows"], one["score"], one["positives"]) for one in found["calibration_curve"]]
    assert buckets == [(1, 0.1, 0), (1, 0.2, 1), (1, 0.6, 0), (1, 0.9, 1)]


def test_regression(api: Api) -> None:
    """A regression has errors and a scatterplot, of a dataset as well."""
    model_id = api.model("errors", **REGRESSION)
    dataset_id, _ = dataset(api, model_id, *({"id": str(n), "Age": float(n), "p": n + 1.0} for n in range(3)))
    source = {"source_type": "ENVIRONMENT", "env_type": "PRE_PRODUCTION", "dataset_id": dataset_id}
    names = ("MAE", "RMSE", "R2", "ERROR_DISTRIBUTION", "PREDICTION_SCATTERPLOT")
    found = scores(api, model_id, *names, data_source=source)
    assert found["scores"]["mae"] == found["scores"]["rmse"] == 1
    assert found["scores"]["r2"] == pytest.approx(-0.5)
    assert sum(found["scores"]["error_distribution"]["counts"]) == 3
    assert sorted(found["scores"]["prediction_scatterplot"]) == [[0, 1], [1, 2], [2, 3]]
    empty = scores(api, model_id, *names)
    assert (empty["total_samples"], empty["reasons"]["mae"]) == (0, "no_rows")
    assert empty["reasons"]["error_distribution"] == "no_valid_rows"
    assert empty["scores"]["prediction_scatterplot"] == []


def test_refusals(api: Api) -> None:
    """A score that the task lacks is a 400, one that the server lacks a 501, and an unknown dataset a 404."""
    model_id = model(api, "refused_scores", events=EVENTS[:1])
    body = {"model_id": model_id, "data_source": PRODUCTION}
    (message,) = api.refused(400, "POST", SCORES, json=body | {"metrics": ["AUC", "MAE"]})
    assert message.startswith("/metrics/1: a model of the task binary_classification has no mae")
    (message,) = api.refused(400, "POST", SCORES, json=body | {"metrics": ["ERROR_DISTRIBUTION"]})
    assert message == "/metrics/0: a model of the task binary_classification has no ERROR_DISTRIBUTION"
    api.refused(501, "POST", SCORES, json=body | {"metrics": ["TOP_K_MEAN_SCORE"]})
    source = {"env_type": "PRE_PRODUCTION", "dataset_id": UNKNOWN_ID}
    api.refused(404, "POST", SCORES, json=body | {"metrics": ["AUC"], "data_source": source})
