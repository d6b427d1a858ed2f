"""The vendor's notebook about texts: 20 classes of posts, and an embedding that only the vendor's platform computes."""

import fiddler as fdl
import numpy as np
import pandas as pd
import pytest

from tests.compat.notebooks import steps
from tests.compat.stored import done

SAMPLE_ROWS, ROWS = 500, 2_000
CLASSES = [f"{group}.{topic}" for group in ("comp", "rec", "sci", "talk") for topic in ("a", "b", "c", "d", "e")]
WORDS = ["a", "post", "about", "graphics", "motor", "space", "hockey", "windows", "key", "drug", "car", "god", "sale"]


def posts(rows: int, seed: int) -> pd.DataFrame:
    """Return posts of 20 newsgroups with the probability of each."""
    random = np.random.default_rng(seed)
    texts = [" ".join(random.choice(WORDS, count)) for count in random.integers(5, 120, rows)]
    targets = random.integers(0, len(CLASSES), rows)
    scores = random.gamma(0.3, 1, (rows, len(CLASSES)))
    scores[np.arange(rows), targets] += random.gamma(2, 1, rows)
    shares = (scores / scores.sum(axis=1, keepdims=True)).round(6)
    columns = {f"prob_{name}": shares[:, number] for number, name in enumerate(CLASSES)}
    return pd.DataFrame(
        {
            "original_text": texts,
            "n_tokens": [len(text.split()) for text in texts],
            "string_size": [len(text) for text in texts],
            "target": [CLASSES[target] for target in targets],
        }
        | columns
        | {"timestamp": np.linspace(1_700_000_000_000, 1_700_600_000_000, rows).astype("int64")}
    )


@pytest.mark.slow
def test_classes_and_embedding_of_the_notebook(project_name: str) -> None:
    """Accuracy and log loss are those of the data; the embedding has no drift, and the response says why."""
    project = steps.open_project(project_name)
    sample = posts(SAMPLE_ROWS, seed=1)
    embedding = fdl.TextEmbedding(
        name="HTML Text Embedding",
        source_column="original_text",
        column="Enrichment Text Embedding",
        n_clusters=6,
    )
    spec = fdl.ModelSpec(
        inputs=["original_text"],
        outputs=[column for column in sample.columns if column.startswith("prob_")],
        targets=["target"],
        metadata=["n_tokens", "string_size", "timestamp"],
        custom_features=[embedding],
    )
    model = fdl.Model.from_data(
        name="nlp_newsgroups_multiclass",
        project_id=project.id,
        source=sample,
        spec=spec,
        task=fdl.ModelTask.MULTICLASS_CLASSIFICATION,
        task_params=fdl.ModelTaskParams(target_class_order=[column[5:] for column in spec.outputs]),
        event_ts_col="timestamp",
    )
    model.create()
    baseline_job = model.publish(source=sample, environment=fdl.EnvType.PRE_PRODUCTION, dataset_name="baseline_dataset")
    events = posts(ROWS, seed=2)
    events["timestamp"] = steps.shift_to_now(events["timestamp"])
    production_job = model.publish(events)

    assert [done(job)["created"] for job in (baseline_job, production_job)] == [SAMPLE_ROWS, ROWS]
    shares = events[spec.outputs].to_numpy()
    targets = np.array([CLASSES.index(target) for target in events["target"]])
    likelihoods = np.clip(shares[np.arange(ROWS), targets], np.finfo(float).eps, 1)
    expected = [float((shares.argmax(axis=1) == targets).mean()), float(-np.log(likelihoods).mean()), ROWS]
    found = steps.figures(model, "accuracy", "log_loss", "log_loss_count", {"id": "average", "column": "n_tokens"})
    assert found == pytest.approx([*expected, events["n_tokens"].mean()])
    found = steps.figures(model, {"id": "frequency", "column": "target", "category": CLASSES[7]})
    assert found == [int((events["target"] == CLASSES[7]).sum())]
    drift = {"measure": "drift", "metric": "jsd", "column": "HTML Text Embedding"}
    assert steps.series(model, drift, steps.yesterday()) == ([None], ["no_embedding"])
