"""Customers of a bank and their predicted churn, drawn from a seed: the data of several notebooks."""

from datetime import UTC, datetime, timedelta

import fiddler as fdl
import numpy as np
import pandas as pd

GEOGRAPHIES = ["California", "Florida", "Hawaii", "Massachusetts", "New York", "Texas"]
GENDERS = ["Female", "Male", "Nonbinary"]
OUTSIDE_INPUTS = ["predicted_churn", "churn", "customer_id", "timestamp"]
SAMPLE_DAY = datetime(2024, 3, 14, tzinfo=UTC)


def customers(rows: int, seed: int, first: datetime = SAMPLE_DAY, days: float = 1) -> pd.DataFrame:
    """Return customers whose times, in milliseconds, are spread evenly over days from a first one on."""
    random = np.random.default_rng(seed)
    predicted = random.beta(1, 3, rows).round(6)
    start, end = (moment.timestamp() * 1000 for moment in (first, first + timedelta(days=days)))
    return pd.DataFrame(
        {
            "customer_id": [f"{seed:04x}-{row:06}" for row in range(rows)],
            "creditscore": random.integers(350, 851, rows),
            "geography": random.choice(GEOGRAPHIES, rows),
            "gender": random.choice(GENDERS, rows, p=[0.45, 0.45, 0.1]),
            "age": random.integers(18, 93, rows),
            "tenure": random.integers(0, 11, rows),
            "balance": (random.random(rows) * 250_000 * (random.random(rows) < 0.6)).round(2),
            "numofproducts": random.choice([1, 2, 3, 4], rows, p=[0.5, 0.4, 0.07, 0.03]),
            "hascrcard": random.integers(0, 2, rows),
            "isactivemember": random.integers(0, 2, rows),
            "estimatedsalary": (random.random(rows) * 200_000).round(2),
            "predicted_churn": predicted,
            "churn": np.where(random.random(rows) < predicted, "yes", "no"),
            "timestamp": np.linspace(start, end, rows).astype("int64"),
        }
    )


def inputs(sample: pd.DataFrame) -> list[str]:
    """Return the names of the columns that the notebooks use as inputs."""
    return list(sample.columns.drop(OUTSIDE_INPUTS))


def churn_model(name: str, project: fdl.Project, sample: pd.DataFrame) -> fdl.Model:
    """Create the model of the notebooks from a sample."""
    model = fdl.Model.from_data(
        name=name,
        project_id=project.id,
        source=sample,
        spec=fdl.ModelSpec(
            inputs=inputs(sample),
            outputs=["predicted_churn"],
            targets=["churn"],
            metadata=["customer_id", "timestamp"],
        ),
        task=fdl.ModelTask.BINARY_CLASSIFICATION,
        task_params=fdl.ModelTaskParams(target_class_order=["no", "yes"]),
        event_id_col="customer_id",
        event_ts_col="timestamp",
    )
    model.create()
    return model


def confusion(events: pd.DataFrame, threshold: float = 0.5) -> tuple[int, int, int, int]:
    """Return the true positives, false positives, false negatives and true negatives."""
    positive, churned = events["predicted_churn"] >= threshold, events["churn"] == "yes"
    sides = ((positive, churned), (positive, ~churned), (~positive, churned), (~positive, ~churned))
    tp, fp, fn, tn = (int((predicted & actual).sum()) for predicted, actual in sides)
    return tp, fp, fn, tn


def precision(events: pd.DataFrame) -> float:
    """Return the share of the predicted churn that is churn."""
    tp, fp, _, _ = confusion(events)
    return tp / (tp + fp)
