"""Histograms of scores by label and of errors, fine enough to draw curves at any threshold."""

from collections.abc import Sequence
from dataclasses import dataclass

from inference_events.monitoring.metrics import binning
from inference_events.monitoring.metrics.binary import binary
from inference_events.monitoring.metrics.connection import Connection
from inference_events.monitoring.metrics.figures import MetricQuery
from inference_events.monitoring.metrics.regression import regression
from inference_events.monitoring.sql_names import quoted
from inference_events.monitoring.subject import Subject

SCORE_BINS = 1000
ERROR_BINS = 100


@dataclass(frozen=True)
class ScoreHistogram:
    """Rows by score and label. A bin starts at its edge and ends before the next one; the last one includes its end.

    Each list has a number for the scores below 0, one for each bin, and one for the scores above 1.
    """

    positives: Sequence[int]
    negatives: Sequence[int]
    unlabelled: Sequence[int]
    edges: Sequence[float] = tuple(number / SCORE_BINS for number in range(SCORE_BINS + 1))


@dataclass(frozen=True)
class ErrorHistogram:
    """Valid rows by their error, output minus target, between two edges. The last bin includes its upper edge."""

    edges: Sequence[float]
    counts: Sequence[int]


def score_histogram(connection: Connection, relation: str, query: MetricQuery, subject: Subject) -> ScoreHistogram:
    """Count the rows of a binary model with a score by 1,000 bins of it. Labels of no class count as none."""
    sql = binary(query, subject)
    scaled = f"floor(score * {SCORE_BINS})"
    # The product may lie on the other side of an edge than the score.
    exact = f"{scaled} + (score >= ({scaled} + 1) / {SCORE_BINS})::INTEGER - (score < {scaled} / {SCORE_BINS})::INTEGER"
    place = (
        f"CASE WHEN score < 0 THEN 0 WHEN score > 1 THEN {SCORE_BINS + 1} ELSE least({exact}, {SCORE_BINS - 1}) + 1 END"
    )
    found = connection.execute(
        f"SELECT ({place})::INTEGER AS place, count(*) FILTER (WHERE positive), count(*) FILTER (WHERE negative), "
        "count(*) FILTER (WHERE NOT coalesce(positive OR negative, false)) FROM ("
        f"SELECT {sql.score} AS score, {sql.positive} AS positive, {sql.negative} AS negative "
        f"FROM {quoted(relation)} WHERE isfinite({sql.score})) GROUP BY place"
    ).fetchall()
    by_place = {place: counts for place, *counts in found}
    every = [by_place.get(place, [0, 0, 0]) for place in range(SCORE_BINS + 2)]
    positives, negatives, unlabelled = zip(*every, strict=True)
    return ScoreHistogram(positives, negatives, unlabelled)


def error_histogram(
    connection: Connection, relation: str, query: MetricQuery, subject: Subject
) -> ErrorHistogram | None:
    """Count the errors of a regression in 100 bins of equal width, None without valid rows."""
    sql = regression(query, subject)
    errors = f"SELECT {sql.output} - {sql.target} AS x FROM {quoted(relation)} WHERE {sql.valid}"
    errors = f"SELECT x FROM ({errors}) WHERE isfinite(x)"
    ((least, greatest),) = connection.execute(f"SELECT min(x), max(x) FROM ({errors})").fetchall()
    if least is None:
        return None
    bins = binning.edge_bins(binning.equal_widths(least, greatest, ERROR_BINS))
    found = connection.execute(f"SELECT {binning.place_sql(bins)} AS number, count(*) FROM ({errors}) GROUP BY ALL")
    counts = dict(found.fetchall())
    return ErrorHistogram(bins.edges, [counts.get(number, 0) for number in range(len(bins.labels))])
