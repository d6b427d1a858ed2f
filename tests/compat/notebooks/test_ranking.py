"""The vendor's notebook about rankings: hotels that searches found, grouped by search."""

import fiddler as fdl
import numpy as np
import pandas as pd
import pytest
from fiddler.utils.helpers import group_by

from tests.compat.notebooks import steps
from tests.compat.stored import done, stored_events

SAMPLE_SEARCHES, SEARCHES = 200, 600
TOP = 20


def searches(count: int, seed: int) -> pd.DataFrame:
    """Return the hotels that searches found, some more than count, and whether they were booked."""
    random = np.random.default_rng(seed)
    frames = []
    for number in range(count):
        rows = int(random.integers(2, 31))
        scores = random.random(rows).round(6)
        is_booked = random.random(rows) < scores / 6
        frames.append(
            pd.DataFrame(
                {
                    "srch_id": number,
                    "price_usd": random.gamma(3, 50, rows).round(2),
                    "prop_starrating": random.integers(1, 6, rows),
                    "promotion_flag": random.integers(0, 2, rows),
                    "score": scores,
                    "binary_relevance": is_booked.astype("int64"),
                    "graded_relevance": np.where(is_booked, 5, random.integers(0, 2, rows)),
                    "position": np.arange(rows) + 1,
                    "timestamp": 1_700_000_000_000 + number * 60_000,
                }
            )
        )
    return pd.concat(frames, ignore_index=True)


def gain(relevance: np.ndarray) -> float:
    return float((relevance[:TOP] / np.log2(np.arange(len(relevance[:TOP])) + 2)).sum())


def average_precision(relevance: np.ndarray) -> float:
    top = relevance[:TOP]
    shares = np.cumsum(top) / (np.arange(len(top)) + 1)
    return float((shares * top).sum() / min(relevance.sum(), TOP))


def expected_means(events: pd.DataFrame) -> list[float]:
    """Return the mean NDCG and the mean average precision of the searches with a booking."""
    ranked = [
        group.sort_values("score", ascending=False, kind="stable")["binary_relevance"].to_numpy()
        for _, group in events.groupby("srch_id")
    ]
    found = [relevance for relevance in ranked if relevance.any()]
    ndcg = [gain(relevance) / gain(np.sort(relevance)[::-1]) for relevance in found]
    return [float(np.mean(ndcg)), float(np.mean([average_precision(relevance) for relevance in found]))]


@pytest.mark.slow
def test_rankings_of_the_notebook(project_name: str) -> None:
    """Each search is one event, and NDCG and mean average precision are those of the 20 best hotels."""
    project = steps.create_or_load_project(project_name)
    assert steps.create_or_load_project(project_name).id == project.id
    sample = searches(SAMPLE_SEARCHES, seed=1)
    outside = ["binary_relevance", "score", "graded_relevance", "position", "timestamp"]
    model = fdl.Model.from_data(
        name="search_ranking_example",
        project_id=project.id,
        source=sample,
        spec=fdl.ModelSpec(
            inputs=list(sample.drop(columns=outside).columns),
            outputs=["score"],
            targets=["binary_relevance"],
            metadata=["timestamp", "graded_relevance", "position"],
        ),
        task=fdl.ModelTask.RANKING,
        task_params=fdl.ModelTaskParams(group_by="srch_id", top_k=TOP, target_class_order=[0, 1]),
        event_ts_col="timestamp",
    )
    model.create()
    baseline_job = model.publish(
        source=group_by(df=sample, group_by_col="srch_id"),
        environment=fdl.EnvType.PRE_PRODUCTION,
        dataset_name="expedia_dataset",
    )
    events = searches(SEARCHES, seed=2)
    events["timestamp"] = steps.shift_to_now(events["timestamp"])
    production_job = model.publish(group_by(df=events, group_by_col="srch_id"))

    assert [done(job)["created"] for job in (baseline_job, production_job)] == [SAMPLE_SEARCHES, SEARCHES]
    found = steps.figures(model, "traffic", "query_count", "ndcg_mean", "map")
    assert found == pytest.approx([SEARCHES, SEARCHES, *expected_means(events)])
    first = next(event for event in stored_events(model) if event["values"]["srch_id"] == 0)
    assert first["values"]["price_usd"] == events[events["srch_id"] == 0]["price_usd"].to_list()
    stars = {"id": "jsd", "column": "prop_starrating"}
    expected = steps.categories_drift(sample["prop_starrating"], events["prop_starrating"])
    assert steps.figures(model, stars) == [pytest.approx(expected)]
