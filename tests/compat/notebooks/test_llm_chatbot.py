"""The vendor's notebook about a chatbot: prompts, responses, and enrichments that only the vendor computes."""

from typing import Any
from uuid import UUID

import fiddler as fdl
import numpy as np
import pandas as pd
import pytest

from tests.compat.notebooks import steps
from tests.compat.stored import done, stored_events

SAMPLE_ROWS, ROWS = 60, 400
FEEDBACK = ["like", "dislike", None]


def embedding(title: str, source: str) -> Any:
    return fdl.TextEmbedding(
        name=f"{title} TextEmbedding", source_column=source, column=f"Enrichment {title} Embedding", n_tags=10
    )


def enrichments() -> list[Any]:
    """Return what the notebook asks the vendor's platform to compute."""
    both = ["question", "response"]
    statistics = {"statistics": ["char_count", "flesch_reading_ease", "flesch_kincaid_grade"]}
    fields = {"context_field": "source_docs", "response_field": "response"}
    return [
        embedding("Prompt", "question"),
        embedding("Response", "response"),
        embedding("Source Docs", "source_docs"),
        fdl.Enrichment(name="FTL Safety", enrichment="ftl_prompt_safety", columns=both),
        fdl.Enrichment(
            name="Faithfulness",
            enrichment="ftl_response_faithfulness",
            columns=["source_docs", "response"],
            config=fields,
        ),
        fdl.Enrichment(name="Enrichment QA TextStat", enrichment="textstat", columns=both, config=statistics),
        fdl.Enrichment(name="Enrichment QA Sentiment", enrichment="sentiment", columns=both),
        fdl.Enrichment(name="Rag PII", enrichment="pii", columns=["question"], allow_list=["fiddler"]),
    ]


def conversations(rows: int, seed: int) -> pd.DataFrame:
    """Return questions and answers, with times as text."""
    random = np.random.default_rng(seed)
    times = pd.date_range("2024-02-01 08:00:00.123", periods=rows, freq="37min")
    return pd.DataFrame(
        {
            "question": [f"How do I publish event {row}, and does it say “ok”?" for row in range(rows)],
            "response": ["Call publish.\n" * int(count) for count in random.integers(1, 30, rows)],
            "source_docs": [f"page {row % 7}: {'text ' * 50}" for row in range(rows)],
            "session_id": [str(UUID(bytes=random.bytes(16), version=4)) for _ in range(rows)],
            "comment": [None if row % 3 else f"note {row}" for row in range(rows)],
            "timestamp": times.strftime("%Y-%m-%d %H:%M:%S.%f"),
            "feedback": random.choice(np.array(FEEDBACK, dtype=object), rows),
        }
    )


def test_conversations_of_the_notebook(project_name: str) -> None:
    """All conversations are stored whole, feedback can be counted, and uncomputed figures are null with a reason."""
    project = steps.open_project(project_name)
    sample = conversations(SAMPLE_ROWS, seed=1)
    model = fdl.Model.from_data(
        source=sample,
        name="fiddler_rag_llm_chatbot",
        project_id=project.id,
        spec=fdl.ModelSpec(
            inputs=["question", "response", "source_docs"],
            metadata=["session_id", "comment", "timestamp", "feedback"],
            custom_features=enrichments(),
        ),
        task=fdl.ModelTask.LLM,
        event_ts_col="timestamp",
        max_cardinality=5,
    )
    model.create()
    events = conversations(ROWS, seed=2)
    events["timestamp"] = pd.to_datetime(events["timestamp"])
    events["timestamp"] += pd.Timestamp.now().normalize() - events["timestamp"].max()
    job = model.publish(events)

    assert done(job)["created"] == ROWS
    assert [feature.name for feature in fdl.Model.get(model.id).spec.custom_features] == [
        one.name for one in enrichments()
    ]
    assert model.schema["feedback"].data_type == fdl.DataType.CATEGORY
    assert model.schema["question"].data_type == fdl.DataType.STRING
    likes, dislikes = ({"id": "frequency", "column": "feedback", "category": word} for word in ("like", "dislike"))
    counts = [int((events["feedback"] == word).sum()) for word in ("like", "dislike")]
    assert steps.figures(model, "traffic", likes, dislikes) == [ROWS, *counts]
    stored = {event["values"]["session_id"]: event["values"] for event in stored_events(model)}
    assert {id: values["response"] for id, values in stored.items()} == dict(
        zip(events["session_id"], events["response"], strict=True)
    )
    drift = {"measure": "drift", "metric": "jsd", "column": "Prompt TextEmbedding"}
    done(model.publish(sample, fdl.EnvType.PRE_PRODUCTION, "sample"))
    assert steps.series(model, drift, steps.yesterday()) == ([None], ["no_embedding"])
    with pytest.raises(fdl.ApiError, match="accuracy"):
        fdl.AlertRule(
            name="no accuracy",
            model_id=model.id,
            metric_id="accuracy",
            bin_size=fdl.BinSize.DAY,
            compare_to=fdl.CompareTo.RAW_VALUE,
            priority=fdl.Priority.LOW,
            critical_threshold=1,
            condition=fdl.AlertCondition.LESSER,
        ).create()
