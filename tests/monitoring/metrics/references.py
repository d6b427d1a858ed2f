"""Formulas of the metrics as textbooks have them, over plain lists. They share nothing with the server."""

import math
from collections.abc import Callable, Sequence
from typing import Any

from inference_events.monitoring.metrics import Reason

Result = float | Reason
EPSILON = 2.0**-52


def is_number(value: Any) -> bool:
    return value is not None and math.isfinite(value)


def is_close(value: float, expected: float) -> bool:
    return math.isclose(value, expected, rel_tol=1e-9, abs_tol=1e-12)


def confusion(labels: Sequence[int], scores: Sequence[float], threshold: float) -> tuple[int, int, int, int]:
    """Return true positives, false positives, false negatives and true negatives."""
    pairs = [(label, score >= threshold) for label, score in zip(labels, scores, strict=True)]
    return pairs.count((1, True)), pairs.count((0, True)), pairs.count((1, False)), pairs.count((0, False))


def binary(metric: str, labels: Sequence[int], scores: Sequence[float], threshold: float) -> Result:
    """Return a metric of valid rows, of which there is at least one."""
    tp, fp, fn, tn = confusion(labels, scores, threshold)
    precision: Result = tp / (tp + fp) if tp + fp else Reason.NO_PREDICTED_POSITIVES
    recall: Result = tp / (tp + fn) if tp + fn else Reason.NO_POSITIVES
    undefined = next((one for one in (recall, precision) if isinstance(one, Reason)), None)
    if metric in ("f1_score", "geometric_mean") and undefined:
        return undefined
    match metric:
        case "precision":
            return precision
        case "recall":
            return recall
        case "fpr":
            return fp / (fp + tn) if fp + tn else Reason.NO_NEGATIVES
        case "accuracy":
            return (tp + tn) / len(labels)
        case "f1_score":
            return 2 * tp / (2 * tp + fp + fn)
        case "geometric_mean":
            return math.sqrt(float(precision) * float(recall))
        case "data_count":
            return len(labels)
    return SCORED[metric](labels, scores)


def auroc(labels: Sequence[int], scores: Sequence[float]) -> Result:
    """Return the share of pairs in the right order; a tie is half of one."""
    high = [score for label, score in zip(labels, scores, strict=True) if label]
    low = [score for label, score in zip(labels, scores, strict=True) if not label]
    if not high or not low:
        return Reason.ONE_CLASS
    return math.fsum((a > b) + 0.5 * (a == b) for a in high for b in low) / (len(high) * len(low))


def calibrated_threshold(labels: Sequence[int], scores: Sequence[float]) -> Result:
    """Return the threshold with the greatest difference of rates, in whole numbers so that ties are ties."""
    positives, negatives = sum(labels), len(labels) - sum(labels)
    if not positives or not negatives:
        return Reason.ONE_CLASS

    def difference(threshold: float) -> int:
        tp, fp, _, _ = confusion(labels, scores, threshold)
        return tp * negatives - fp * positives

    return max(scores, key=lambda score: (difference(score), score))


def log_loss(labels: Sequence[int], scores: Sequence[float]) -> Result:
    clipped = [min(max(score, EPSILON), 1 - EPSILON) for score in scores]
    terms = (math.log(p if label else 1 - p) for label, p in zip(labels, clipped, strict=True))
    return -math.fsum(terms) / len(labels)


def calibration_error(labels: Sequence[int], scores: Sequence[float]) -> Result:
    """Return the mean difference of share and score, over ten bins of equal width."""
    total = 0.0
    for number in range(10):
        inside = [
            (label, score)
            for label, score in zip(labels, scores, strict=True)
            if min(max(math.floor(score * 10), 0), 9) == number
        ]
        if inside:
            share = sum(label for label, _ in inside) / len(inside)
            mean = math.fsum(score for _, score in inside) / len(inside)
            total += len(inside) / len(labels) * abs(share - mean)
    return total


SCORED: dict[str, Callable[[Sequence[int], Sequence[float]], Result]] = {
    "auroc": auroc,
    "auc": auroc,
    "calibrated_threshold": calibrated_threshold,
    "log_loss": log_loss,
    "expected_calibration_error": calibration_error,
}


def multiclass(metric: str, labels: Sequence[int], outputs: Sequence[Sequence[float]]) -> Result:
    """Return a metric of valid rows; `labels` are positions in the outputs."""
    if metric == "accuracy":
        return sum(row.index(max(row)) == y for y, row in zip(labels, outputs, strict=True)) / len(labels)
    if metric == "log_loss":
        terms = (math.log(min(max(row[y], EPSILON), 1)) for y, row in zip(labels, outputs, strict=True))
        return -math.fsum(terms) / len(labels)
    return len(labels)


def regression(metric: str, targets: Sequence[float], outputs: Sequence[float]) -> Result:
    """Return a metric of valid rows."""
    n = len(targets)
    pairs = list(zip(targets, outputs, strict=True))
    squares = math.fsum((y - f) ** 2 for y, f in pairs)
    match metric:
        case "mse":
            return squares / n
        case "rmse":
            return math.sqrt(squares / n)
        case "mae":
            return math.fsum(abs(y - f) for y, f in pairs) / n
        case "mape":
            shares = [abs((y - f) / y) for y, f in pairs if y]
            return 100 * math.fsum(shares) / len(shares) if shares else Reason.ZERO_TARGETS
        case "wmape":
            size = math.fsum(map(abs, targets))
            return 100 * math.fsum(abs(y - f) for y, f in pairs) / size if size else Reason.ZERO_TARGETS
        case "r2":
            if n < 2:
                return Reason.TOO_FEW_ROWS
            mean = math.fsum(targets) / n
            spread = math.fsum((y - mean) ** 2 for y in targets)
            return 1 - squares / spread if len(set(targets)) > 1 else Reason.CONSTANT_TARGET
    return n


def ndcg(relevances: Sequence[float], scores: Sequence[float], top: int) -> float | None:
    """Return the gain of the first items over that of the best order, None if no item is relevant."""
    order = sorted(range(len(scores)), key=lambda item: -scores[item])
    gains = [max(relevances[item], 0) for item in order]
    best = _discounted(sorted(gains, reverse=True)[:top])
    return _discounted(gains[:top]) / best if best else None


def _discounted(gains: Sequence[float]) -> float:
    return math.fsum(gain / math.log2(place + 1) for place, gain in enumerate(gains, start=1))


def average_precision(relevances: Sequence[float], scores: Sequence[float], top: int) -> float | None:
    """Return the mean precision at the relevant ones of the first items, None if no item is relevant."""
    order = sorted(range(len(scores)), key=lambda item: -scores[item])
    relevant = [relevances[item] > 0 for item in order]
    if not any(relevant):
        return None
    precisions = [sum(relevant[:place]) / place for place in range(1, min(top, len(order)) + 1) if relevant[place - 1]]
    return math.fsum(precisions) / min(sum(relevant), top)


def quantile(values: Sequence[float], level: float) -> float:
    """Return the value at a rank; between two ranks, in proportion."""
    ordered = sorted(values)
    place = level * (len(ordered) - 1)
    low = math.floor(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def jensen_shannon(first: Sequence[float], second: Sequence[float]) -> float:
    p, q = ([value / math.fsum(side) for value in side] for side in (first, second))

    def relative_entropy(one: Sequence[float]) -> float:
        return math.fsum(a * math.log2(2 * a / (b + c)) for a, b, c in zip(one, p, q, strict=True) if a)

    return math.sqrt(max((relative_entropy(p) + relative_entropy(q)) / 2, 0))


def stability_index(baseline: Sequence[float], window: Sequence[float]) -> float:
    e, a = ([(value + 1) / (math.fsum(side) + len(side)) for value in side] for side in (baseline, window))
    return math.fsum((y - x) * math.log(y / x) for x, y in zip(e, a, strict=True))


def numpy_bin(edges: Sequence[float], value: float) -> str | int:
    """Return the bin of a value by numpy's rule: [from, to), the last one closed."""
    if value < edges[0]:
        return "below"
    if value > edges[-1]:
        return "above"
    return max(index for index, edge in enumerate(edges[:-1]) if value >= edge)
