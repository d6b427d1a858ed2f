"""Compute figures with SciPy and scikit-learn, for the browser's environment, which has neither."""

import io
import json
import sys
from typing import Any

import httpx
import numpy as np
import pyarrow.parquet as pq
from scipy.spatial.distance import jensenshannon
from sklearn.metrics import accuracy_score, roc_auc_score

Rows = list[dict[str, Any]]


def download(client: httpx.Client, model_id: str) -> Rows:
    """Return all production events of a model."""
    body = {"model_id": model_id, "env_type": "PRODUCTION", "csv": False, "num_samples": 100_000}
    response = client.post("/v3/analytics/download-slice-data", json=body)
    response.raise_for_status()
    rows: Rows = pq.read_table(io.BytesIO(response.content)).to_pylist()
    return rows


def performance(rows: Rows) -> dict[str, float]:
    """Return the figures of the labelled rows of a binary model."""
    labelled = [row for row in rows if row["arrived_late"] is not None]
    truth = [row["arrived_late"] for row in labelled]
    scores = [row["late_probability"] for row in labelled]
    return {
        "coverage": len(labelled) / len(rows),
        "accuracy": accuracy_score(truth, [score >= 0.5 for score in scores]),
        "auroc": roc_auc_score(truth, scores),
    }


def distance(edges: list[float], before: list[float], now: list[float]) -> float:
    """Return SciPy's Jensen-Shannon distance of two samples between edges, with open bins beside them."""
    bounds = [-np.inf, *edges[:-1], np.nextafter(edges[-1], np.inf), np.inf]
    return float(jensenshannon(np.histogram(before, bounds)[0], np.histogram(now, bounds)[0], base=2))


def main() -> None:
    """Read a request from the standard input, and write the figures to the standard output."""
    asked = json.load(sys.stdin)
    if "edges" in asked:
        found: Any = distance(asked["edges"], asked["before"], asked["now"])
    else:
        headers = {"Authorization": f"Bearer {asked['token']}"}
        with httpx.Client(base_url=asked["url"], headers=headers, timeout=60) as client:
            found = performance(download(client, asked["model_id"]))
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
