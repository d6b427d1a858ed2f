"""The steps of the vendor's quickstart notebooks, one test each, on small data: only URL and token are ours."""

from pathlib import Path
from typing import Any
from uuid import uuid4

import fiddler as fdl
import numpy as np
import pandas as pd
import pytest
from fiddler.utils.helpers import group_by

from tests.compat.stored import done, stored_by_id, stored_events, violations

ROWS = 60
MILLISECOND = 1_710_428_231_855
RANDOM = np.random.default_rng(7)


def onboard(sample: pd.DataFrame | Path, spec: fdl.ModelSpec, **fields: Any) -> fdl.Model:
    """Run the first steps of every notebook: create a project, propose a model from a sample, show and create it."""
    project = fdl.Project(name=f"quickstart_{uuid4().hex[:8]}").create()
    model = fdl.Model.from_data(
        name=f"model_{uuid4().hex[:8]}", project_id=project.id, source=sample, spec=spec, **fields
    )
    model.create()
    found: fdl.Model = fdl.Model.from_name(name=model.name, project_id=project.id)
    assert found.id == model.id
    return found


def honest(events: list[dict[str, Any]]) -> bool:
    return all(violation["kind"] == "missing" for event in events for violation in event["violations"])


def test_churn_with_an_id_in_the_metadata() -> None:
    """Simple monitoring: a CSV sample as baseline, production in a frame with millisecond times, labels that follow."""
    sample = pd.DataFrame(
        {
            "customer_id": [f"c{n:03}" for n in range(ROWS)],
            "creditscore": [600 + n for n in range(ROWS)],
            "geography": ["France", "Spain", "Hawaii"] * (ROWS // 3),
            "balance": [n * 12.5 for n in range(ROWS)],
            "predicted_churn": [n / ROWS for n in range(ROWS)],
            "churn": ["yes", "no"] * (ROWS // 2),
        }
    )
    model = onboard(
        sample,
        fdl.ModelSpec(
            inputs=["creditscore", "geography", "balance"],
            outputs=["predicted_churn"],
            targets=["churn"],
            metadata=["customer_id"],
        ),
        task=fdl.ModelTask.BINARY_CLASSIFICATION,
        task_params=fdl.ModelTaskParams(target_class_order=["no", "yes"], binary_classification_threshold=0.5),
        event_id_col="customer_id",
        event_ts_col="timestamp",
    )
    done(model.publish(sample, fdl.EnvType.PRE_PRODUCTION, "baseline_dataset"))
    dataset = fdl.Dataset.from_name(name="baseline_dataset", model_id=model.id)
    assert (dataset.name, dataset.row_count) == ("baseline_dataset", ROWS)
    assert fdl.Baseline.from_name(name="baseline_dataset", model_id=model.id).type == fdl.BaselineType.STATIC

    production = sample.drop(columns="churn").assign(timestamp=[MILLISECOND + n * 60_000 for n in range(ROWS)])
    done(model.publish(production))
    labels = sample[["customer_id", "churn"]]
    done(model.publish(labels[:30], update=True))
    assert model.publish(labels[30:].to_dict(orient="records"), update=True) == list(labels["customer_id"][30:])

    stored = stored_by_id(model)
    assert {id: event["values"] for id, event in stored.items()} == {
        row["customer_id"]: row for row in sample.to_dict(orient="records")
    }
    assert stored["c000"]["timestamp"] == "2024-03-14T14:57:11.855000Z"
    assert all(violations(event) == [] for event in stored.values())


def test_regression_without_the_timestamp_in_the_sample() -> None:
    """Regression: the sample has no timestamp column, production brings it as naive datetimes; no ids at all."""
    sample = pd.DataFrame(
        {
            "distance": [200 + 13 * n for n in range(ROWS)],
            "carrier": ["UA", "AA", "DL"] * (ROWS // 3),
            "departed": [f"{5 + n % 18:02}:15" for n in range(ROWS)],
            "predicted_delay": [n / 3 for n in range(ROWS)],
            "delay": [n / 2 if n % 5 else None for n in range(ROWS)],
        }
    )
    model = onboard(
        sample,
        fdl.ModelSpec(inputs=["distance", "carrier", "departed"], outputs=["predicted_delay"], targets=["delay"]),
        task=fdl.ModelTask.REGRESSION,
        event_ts_col="timestamp",
    )
    done(model.publish(sample, fdl.EnvType.PRE_PRODUCTION, "baseline"))
    done(model.publish(sample.assign(timestamp=pd.date_range("2013-01-01", periods=ROWS, freq="1h"))))

    events = stored_events(model)
    assert [event["timestamp"] for event in events[:2]] == [
        "2013-01-01T00:00:00.000000Z",
        "2013-01-01T01:00:00.000000Z",
    ]
    assert [event["values"]["delay"] for event in events[:3]] == [None, 0.5, 1.0]
    assert len(stored_events(model, "baseline")) == ROWS
    assert honest(events)


@pytest.mark.parametrize("how", ["parquet", "csv"])
def test_ranking_with_grouped_rows(tmp_path: Path, how: str) -> None:
    """Ranking: the sample is flat, the client's `group_by` makes a row of lists for each search, times included."""
    flat = pd.DataFrame(
        {
            "srch_id": [n // 6 for n in range(ROWS)],
            "event_id": [f"s{n // 6}" for n in range(ROWS)],
            "price_usd": [80.0 + n if n % 7 else None for n in range(ROWS)],
            "weekday": ["Mon", "Tue", "Sun"] * (ROWS // 3),
            "score": [n / ROWS for n in range(ROWS)],
            "booking_bool": [int(n % 6 == 0) for n in range(ROWS)],
        }
    )
    model = onboard(
        flat,
        fdl.ModelSpec(
            inputs=["price_usd", "weekday"],
            outputs=["score"],
            targets=["booking_bool"],
            metadata=["srch_id", "event_id"],
        ),
        task=fdl.ModelTask.RANKING,
        task_params=fdl.ModelTaskParams(group_by="srch_id", top_k=20),
        event_id_col="event_id",
        event_ts_col="timestamp",
    )
    timed = flat.assign(timestamp=[float(MILLISECOND + 1000 * n) for n in range(ROWS)])
    path = tmp_path / "grouped.csv"
    grouped = group_by(timed, group_by_col="srch_id", output_path=path)
    done(model.publish(grouped if how == "parquet" else path))

    stored = stored_by_id(model)
    assert set(stored) == {f"s{n}" for n in range(ROWS // 6)}
    assert stored["s1"]["timestamp"] == "2024-03-14T14:57:17.855000Z"
    assert stored["s0"]["values"] == {
        "srch_id": 0,
        "event_id": ["s0"] * 6,
        "price_usd": [None, 81.0, 82.0, 83.0, 84.0, 85.0],
        "weekday": ["Mon", "Tue", "Sun"] * 2,
        "score": [n / ROWS for n in range(6)],
        "booking_bool": [1, 0, 0, 0, 0, 0],
    }
    assert honest(list(stored.values()))

    labels = pd.DataFrame({"event_id": ["s0"], "booking_bool": [[0, 0, 1, 0, 0, 0]]})
    done(model.publish(labels, update=True))
    assert stored_by_id(model)["s0"]["values"]["booking_bool"] == [0, 0, 1, 0, 0, 0]


def test_ranking_from_a_grouped_sample(tmp_path: Path) -> None:
    """Ranking: one id and one time for each group, and a sample whose groups all have the same length."""
    sizes = [3, 3, 3, 5, 1]
    grouped = pd.DataFrame(
        {
            "query": [f"q{n}" for n in range(5)],
            "event_id": [f"g{n}" for n in range(5)],
            "timestamp": [MILLISECOND + n for n in range(5)],
            "score": [[n + i / 8 for i in range(size)] for n, size in enumerate(sizes)],
            "clicked": [[int(i == 0) for i in range(size)] for size in sizes],
        }
    )
    model = onboard(
        grouped[:3],
        fdl.ModelSpec(outputs=["score"], targets=["clicked"], metadata=["query", "event_id", "timestamp"]),
        task=fdl.ModelTask.RANKING,
        task_params=fdl.ModelTaskParams(group_by="query", top_k=3),
        event_id_col="event_id",
        event_ts_col="timestamp",
    )
    done(model.publish(grouped))

    events = stored_events(model)
    assert [event["values"] for event in events] == grouped.to_dict(orient="records")
    assert [event["event_id"] for event in events] == list(grouped["event_id"])
    assert [violations(event) for event in events] == [[]] * len(events)
    if hasattr(model, "download_data"):
        model.download_data(output_dir=tmp_path, env_type=fdl.EnvType.PRODUCTION)
        assert pd.read_parquet(tmp_path / "output.parquet")["score"].map(list).to_list() == grouped["score"].to_list()


@pytest.mark.parametrize("as_array", [False, True], ids=["lists", "arrays"])
def test_images_with_embeddings(as_array: bool) -> None:
    """Image monitoring: an embedding column, a custom feature on it, probabilities of classes, no ids."""
    classes = ["plane", "car", "bird"]
    embeddings = RANDOM.normal(size=(ROWS, 128))
    sample = pd.DataFrame({f"prob_{name}": RANDOM.random(ROWS) for name in classes})
    sample["image_embedding"] = list(embeddings) if as_array else embeddings.tolist()
    sample["target"] = classes * (ROWS // 3)
    model = onboard(
        sample,
        fdl.ModelSpec(
            inputs=["image_embedding"],
            outputs=[f"prob_{name}" for name in classes],
            targets=["target"],
            custom_features=[
                fdl.ImageEmbedding(
                    name="image_feature", source_column="image_url", column="image_embedding", n_clusters=5
                )
            ],
        ),
        task=fdl.ModelTask.MULTICLASS_CLASSIFICATION,
        task_params=fdl.ModelTaskParams(target_class_order=classes),
        event_ts_col="timestamp",
    )
    assert model.schema["image_embedding"].data_type == fdl.DataType.VECTOR
    assert model.spec.custom_features[0].column == "image_embedding"
    done(model.publish(sample, fdl.EnvType.PRE_PRODUCTION, "baseline"))
    times = [MILLISECOND + n for n in range(ROWS)]
    done(model.publish(sample.assign(timestamp=times, image_url="https://example.org/image.png")))

    events = stored_events(model)
    assert [event["values"]["image_embedding"] for event in events] == embeddings.tolist()
    assert all(violations(event) == [] for event in events)
    assert events[0]["undeclared"] == {"image_url": "https://example.org/image.png"}


def test_a_language_model_with_texts() -> None:
    """LLM: long texts and their embeddings, enrichments whose columns are not in the data, float seconds, a stream."""
    sample = pd.DataFrame(
        {
            "question": [f'What is "{n}"?\nTell me, please 🛫' for n in range(ROWS)],
            "response": [f"Number {n}. " * 200 for n in range(ROWS)],
            "question_embedding": RANDOM.normal(size=(ROWS, 16)).tolist(),
            "cost": [n / 1e6 for n in range(ROWS)],
            "feedback": ["like", None, "dislike"] * (ROWS // 3),
            "session_id": [str(uuid4()) for _ in range(ROWS)],
        }
    )
    model = onboard(
        sample,
        fdl.ModelSpec(
            inputs=["question", "question_embedding"],
            outputs=["response"],
            metadata=["cost", "feedback", "session_id"],
            custom_features=[
                fdl.TextEmbedding(
                    name="question_clusters", source_column="question", column="question_embedding", n_clusters=3
                ),
                fdl.Enrichment(name="Response Embedding", enrichment="embedding", columns=["response"]),
                fdl.TextEmbedding(name="response_clusters", source_column="response", column="Response Embedding"),
            ],
        ),
        task=fdl.ModelTask.LLM,
        input_type=fdl.ModelInputType.TEXT,
        event_id_col="session_id",
        event_ts_col="timestamp",
    )
    features = ["question_clusters", "Response Embedding", "response_clusters"]
    assert [feature.name for feature in model.spec.custom_features] == features
    times = np.linspace(1_710_428_000.25, 1_710_428_231.75, ROWS)
    rows = sample.assign(timestamp=times).to_dict(orient="records")
    assert model.publish(rows) == list(sample["session_id"])
    model.publish([{"session_id": sample["session_id"][1], "feedback": "like"}], update=True)

    stored = stored_by_id(model)
    first, last = stored[sample["session_id"][0]], stored[sample["session_id"][ROWS - 1]]
    assert (first["timestamp"], last["timestamp"]) == ("2024-03-14T14:53:20.250000Z", "2024-03-14T14:57:11.750000Z")
    assert stored[sample["session_id"][1]]["values"]["feedback"] == "like"
    assert [stored[id]["values"]["response"] for id in sample["session_id"]] == list(sample["response"])
    assert honest(list(stored.values()))


@pytest.mark.needs("Model.publish_stream", "Model.publish_batch", "Model.delete_events", "Model.download_data")
def test_the_current_methods(tmp_path: Path) -> None:
    """`publish_stream`, `publish_batch`, `delete_events` and `download_data` in a row, as in the current documents."""
    sample = pd.DataFrame({"id": [f"e{n}" for n in range(ROWS)], "x": [n / 4 for n in range(ROWS)], "y": 1})
    spec = fdl.ModelSpec(inputs=["x"], targets=["y"], metadata=["id"])
    model = onboard(sample, spec, event_id_col="id", event_ts_col="ts")
    timed = sample.assign(ts=pd.date_range("2024-01-01", periods=ROWS, freq="1h", tz="UTC"))

    assert done(model.publish_batch(source=timed[:30]))["created"] == 30
    timed[30:45].to_csv(tmp_path / "events.csv", index=False)
    assert done(model.publish_batch(source=tmp_path / "events.csv"))["created"] == 15
    events = timed[45:].to_dict(orient="records")
    assert model.publish_stream(events=events) == [event["id"] for event in events]
    assert model.publish_stream(events=[{"id": "e0", "y": 2}], update=True) == ["e0"]
    assert done(model.publish_batch(source=pd.DataFrame({"id": ["e1"], "y": [3]}), update=True))["updated"] == 1
    assert done(model.delete_events(start_time=timed["ts"][2], end_time=timed["ts"][12]))["deleted_events"] == 10

    model.download_data(output_dir=tmp_path, env_type=fdl.EnvType.PRODUCTION)
    found = pd.read_parquet(tmp_path / "output.parquet")
    expected = timed.assign(y=[2, 3] + [1] * (ROWS - 2)).drop(index=range(2, 12)).reset_index(drop=True)
    pd.testing.assert_frame_equal(found, expected, check_dtype=False)
