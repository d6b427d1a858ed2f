"""The vendor's notebook about images: embeddings of pictures, published for three weeks, day by day."""

from datetime import UTC, datetime
from typing import Any

import fiddler as fdl
import numpy as np
import pandas as pd
import pytest

from tests.compat.notebooks import steps
from tests.compat.stored import done

CLASSES = ("plane", "car", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
SAMPLE_ROWS, PICTURES, PUBLISHED = 2_000, 1_500, 1_000
DIMENSIONS = 128
WEEK_DAYS = 6
DAY_MS = 24 * 60 * 60 * 1e3
URL = "https://images.example/cv_monitoring"
CENTRES = np.random.default_rng(0).normal(0, 1, (len(CLASSES), DIMENSIONS))
# How many times as bright the pictures are, and how much noise there is: plain, blurred and darkened ones.
SETS = {"reference": (1.0, 1.0), "production_1": (1.0, 1.0), "production_2": (1.0, 2.0), "production_3": (0.3, 1.0)}


def embeddings(name: str, rows: int) -> pd.DataFrame:
    """Return the embeddings of a set of pictures, and the probability of each class."""
    brightness, noise = SETS[name]
    random = np.random.default_rng(list(SETS).index(name))
    targets = random.integers(0, len(CLASSES), rows)
    vectors = brightness * (CENTRES[targets] + random.normal(0, noise, (rows, DIMENSIONS)))
    scores = np.exp(vectors @ CENTRES.T / DIMENSIONS * 4)
    shares = pd.DataFrame(scores / scores.sum(axis=1, keepdims=True), columns=list(CLASSES))
    return pd.concat(
        [
            pd.DataFrame({"embeddings": vectors.tolist()}),
            shares,
            pd.DataFrame({"target": [CLASSES[target] for target in targets]}),
            pd.DataFrame({"image_url": [f"{URL}/{name}/{row}.png" for row in range(rows)]}),
        ],
        axis="columns",
    )


def distances(events: pd.DataFrame, centre: np.ndarray) -> Any:
    return np.linalg.norm(np.array(events["embeddings"].to_list()) - centre, axis=1)


def accuracy(events: pd.DataFrame) -> float:
    return float((events[list(CLASSES)].idxmax(axis="columns") == events["target"]).mean())


@pytest.mark.slow
def test_the_drift_of_the_pictures(project_name: str) -> None:
    """Each day has its pictures; the drift of the embeddings is small in the first week and great in the others."""
    steps.open_project(project_name)
    sample = embeddings("reference", SAMPLE_ROWS)
    feature = fdl.ImageEmbedding(name="image_feature", source_column="image_url", column="embeddings")
    model = fdl.Model.from_data(
        name="resnet18",
        project_id=fdl.Project.from_name(project_name).id,
        source=sample,
        spec=fdl.ModelSpec(
            inputs=["embeddings"],
            outputs=CLASSES,
            targets=["target"],
            metadata=["image_url"],
            custom_features=[feature],
        ),
        task=fdl.ModelTask.MULTICLASS_CLASSIFICATION,
        task_params=fdl.ModelTaskParams(target_class_order=list(CLASSES)),
        event_ts_col="timestamp",
    )
    model.create()
    jobs = [
        steps.publish_batch(model, sample, environment=fdl.EnvType.PRE_PRODUCTION, dataset_name="train_time_reference")
    ]
    published = {}
    now = datetime.now(UTC).timestamp() * 1000
    for number, name in enumerate(list(SETS)[1:]):
        pictures = embeddings(name, PICTURES)
        for day in range(WEEK_DAYS):
            timestamp = int(now - (2 - number) * 7 * DAY_MS - day * DAY_MS)
            events = pictures.sample(PUBLISHED, random_state=day)
            events["timestamp"] = timestamp
            jobs.append(steps.publish_batch(model, events))
            published[timestamp] = events

    assert [done(job)["created"] for job in jobs] == [SAMPLE_ROWS] + [PUBLISHED] * len(published)
    assert model.schema["embeddings"].n_dimensions == DIMENSIONS
    centre = np.array(sample["embeddings"].to_list()).mean(axis=0)
    reference = distances(sample, centre)
    edges = np.linspace(reference.min(), reference.max(), 11)
    drift = {"measure": "drift", "metric": "jsd", "column": "image_feature"}
    drifts = []
    for timestamp, events in published.items():
        date = datetime.fromtimestamp(timestamp / 1000, UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        [found], _ = steps.series(model, drift, date)
        assert found == pytest.approx(steps.numbers_drift(edges, reference, distances(events, centre)))
        [count], _ = steps.series(model, {"measure": "count"}, date)
        performance, _ = steps.series(model, {"measure": "performance", "metric": "accuracy"}, date)
        assert (count, performance) == (PUBLISHED, [pytest.approx(accuracy(events))])
        drifts.append(found)
    assert max(drifts[:WEEK_DAYS]) < 0.15
    assert min(drifts[WEEK_DAYS:]) > 0.8
