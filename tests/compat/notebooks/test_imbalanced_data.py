"""The vendor's notebook about imbalanced data: the same events for a model without and one with class weights."""

import fiddler as fdl
import numpy as np
import pandas as pd
import pytest

from tests.compat.notebooks import steps
from tests.compat.stored import done

ROWS = 10_000
FRAUD = 0.002
THRESHOLD = 0.4
OUTSIDE_INPUTS = {"Class", "prediction_score", "timestamp"}


def payments(seed: int, frauds: int) -> pd.DataFrame:
    """Return payments, some of which are frauds, that a model scores well."""
    random = np.random.default_rng(seed)
    is_fraud = np.zeros(ROWS, dtype="int64")
    is_fraud[random.choice(ROWS, frauds, replace=False)] = 1
    columns = {f"V{number}": random.normal(is_fraud * (number % 3), 1).round(6) for number in range(1, 29)}
    scores = np.where(is_fraud == 1, random.beta(6, 2, ROWS), random.beta(1, 60, ROWS))
    return pd.DataFrame(
        columns
        | {
            "Amount": random.gamma(2, 40, ROWS).round(2),
            "Class": is_fraud,
            "prediction_score": scores.round(6),
            "timestamp": np.linspace(1_700_000_000_000, 1_700_172_800_000, ROWS).astype("int64"),
        }
    )


def balanced_weights(classes: pd.Series) -> list[float]:
    """Return the weights with which each class has the same sum."""
    counts = classes.value_counts().sort_index()
    return [float(len(classes) / (len(counts) * count)) for count in counts]


def make_model(name: str, project: fdl.Project, sample: pd.DataFrame, params: fdl.ModelTaskParams) -> fdl.Model:
    model = fdl.Model.from_data(
        name=name,
        project_id=project.id,
        source=sample,
        spec=fdl.ModelSpec(
            inputs=set(sample.columns) - OUTSIDE_INPUTS,
            outputs=["prediction_score"],
            targets=["Class"],
            metadata=["timestamp"],
        ),
        task=fdl.ModelTask.BINARY_CLASSIFICATION,
        task_params=params,
        event_ts_col="timestamp",
    )
    model.create()
    return model


@pytest.mark.slow
def test_weights_show_the_drift_of_the_minority(project_name: str) -> None:
    """Three times as many frauds hardly are a drift of the scores, unless classes are weighted: then it is plain."""
    project = steps.open_project(project_name)
    sample = payments(seed=1, frauds=int(ROWS * FRAUD))
    weights = balanced_weights(sample["Class"])
    given = {"target_class_order": [0, 1], "binary_classification_threshold": THRESHOLD}
    weighted_params = fdl.ModelTaskParams(class_weights=weights, **given)
    model = make_model("imbalance_cc_fraud", project, sample, fdl.ModelTaskParams(**given))
    weighted_model = make_model("imbalance_cc_fraud_weighted", project, sample, weighted_params)
    both = (model, weighted_model)
    where = {"environment": fdl.EnvType.PRE_PRODUCTION, "dataset_name": "baseline_dataset"}
    jobs = [steps.publish_batch(one, sample, **where) for one in both]
    events = payments(seed=2, frauds=int(ROWS * FRAUD * 3.5))
    events["timestamp"] = steps.shift_to_now(events["timestamp"])
    jobs += [steps.publish_batch(one, events) for one in both]

    assert [done(job)["created"] for job in jobs] == [ROWS] * 4
    assert set(model.spec.inputs) == set(sample.columns) - OUTSIDE_INPUTS
    score = {"id": "jsd", "column": "prediction_score"}
    plain, weighted = (steps.figures(one, score)[0] for one in both)
    edges = np.linspace(sample["prediction_score"].min(), sample["prediction_score"].max(), 11)
    sides = sample["prediction_score"], events["prediction_score"]
    by_class = tuple(np.where(side >= THRESHOLD, weights[1], weights[0]) for side in sides)
    assert plain == pytest.approx(steps.numbers_drift(edges, *sides))
    assert weighted == pytest.approx(steps.numbers_drift(edges, *sides, weights=by_class))
    assert plain <= 0.05 < 0.1 < weighted
    predicted = events["prediction_score"] >= THRESHOLD
    accuracy = float((predicted == (events["Class"] == 1)).mean())
    assert [steps.figures(one, "accuracy") for one in both] == [[pytest.approx(accuracy)]] * 2
