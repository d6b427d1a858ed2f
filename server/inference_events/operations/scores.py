"""Turn a request for scores into a plan, and scores into JSON values."""

from typing import Any

from inference_events.monitoring.metrics import Reason
from inference_events.monitoring.metrics.binning import value_text
from inference_events.monitoring.metrics.catalog import BINARY
from inference_events.monitoring.metrics.scores import Bucket, Confusion, Curve, Errors
from inference_events.monitoring.queries.scores import Scores, ScoresRequest
from inference_events.operations.reading import stored_dataset_id
from inference_events_api import types as t

AXES = {"ROC_CURVE": ("fpr", "tpr"), "PRECISION_RECALL_CURVE": ("recall", "precision")}


def scores_request(body: t.ScoresRequest) -> ScoresRequest:
    """Return the request without what has no meaning here."""
    source = body["data_source"]
    return ScoresRequest(
        model_id=body["model_id"].lower(),
        dataset_id=stored_dataset_id(source["env_type"], source.get("dataset_id") or source.get("env_id")),
        names=body["metrics"],
        threshold=body.get("binary_threshold"),
        top_k=body.get("top_k"),
    )


def scores(found: Scores) -> t.ModelScores:
    """Show scores under the vendor's names in small letters."""
    reasons = {name.lower(): one.reason.value for name, one in found.figures.items() if one.reason is not None}
    shown: dict[str, Any] = {name.lower(): one.value for name, one in found.figures.items()}
    for name, shape in found.shapes.items():
        if (reason := _reason(shape)) is not None:
            reasons[name.lower()] = reason.value
        shown[name.lower()] = _shape(name, shape, found.task)
    return {
        "total_samples": found.count.rows,
        "valid_samples": found.count.sample_size,
        "scores": shown,
        "reasons": reasons,
        "data_revision": found.data_revision,
    }


def _reason(shape: Any) -> Reason | None:
    if isinstance(shape, Curve):
        return shape.reason
    return shape if isinstance(shape, Reason) else None


def _shape(name: str, shape: Any, task: str) -> Any:
    match shape:
        case Reason():
            return None
        case Confusion():
            return _binary_matrix(shape) if task == BINARY else _matrix(shape)
        case Curve():
            x, y = AXES[name]
            return {x: list(shape.x), y: list(shape.y), "thresholds": list(shape.thresholds)}
        case Errors():
            return {"edges": list(shape.edges), "counts": list(shape.counts)}
        case [Bucket(), *_]:
            return [{"rows": one.rows, "score": one.score, "positives": one.positives} for one in shape]
    return [list(point) for point in shape]


def _binary_matrix(matrix: Confusion) -> dict[str, int]:
    cells = {"tn": (0, 0), "fp": (0, 1), "fn": (1, 0), "tp": (1, 1)}
    return {name: matrix.counts.get(cell, 0) for name, cell in cells.items()}


def _matrix(matrix: Confusion) -> dict[str, dict[str, int]]:
    names = [value_text(one) for one in matrix.classes]
    shown: dict[str, dict[str, int]] = {name: {} for name in names}
    for (actual, predicted), count in matrix.counts.items():
        shown[names[actual]][names[predicted]] = count
    return shown
