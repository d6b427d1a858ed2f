"""The vendor's notebook that compares two language models: one dataset of a model for each."""

from typing import Any

import fiddler as fdl
import numpy as np
import pandas as pd
import pytest

from tests.compat.notebooks import steps
from tests.compat.stored import done, stored_events

ROWS = 150
DATASETS = {"gpt3_5_dataset": "gpt-3.5", "claude_dataset": "claude"}


def embedding(title: str, source: str) -> Any:
    return fdl.TextEmbedding(
        name=f"{title} TextEmbedding", source_column=source, column=f"Enrichment {title} Embedding", n_tags=10
    )


def enrichments() -> list[Any]:
    """Return what the notebook asks the vendor's platform to compute."""
    fields = {"context_field": "source_docs", "response_field": "response"}
    return [
        embedding("Prompt", "prompt"),
        embedding("Response", "response"),
        embedding("Source Docs", "source_docs"),
        fdl.Enrichment(
            name="Faithfulness",
            enrichment="ftl_response_faithfulness",
            columns=["source_docs", "response"],
            config=fields,
        ),
        fdl.Enrichment(name="Enrichment QA Sentiment", enrichment="sentiment", columns=["prompt", "response"]),
        fdl.Enrichment(name="Rag PII", enrichment="pii", columns=["prompt"], allow_list=["fiddler"]),
    ]


def chats(name: str, seed: int, likes: float) -> pd.DataFrame:
    """Return chats with a model, of which a share was liked. A tenth lacks a source, so its documents are missing."""
    random = np.random.default_rng(seed)
    sources = {f"source_doc{number}": [f"page {row} {number}" for row in range(ROWS)] for number in range(3)}
    frame = pd.DataFrame(
        {
            "prompt": [f"Question {row}?" for row in range(ROWS)],
            "response": [f"{name} says {row}." for row in range(ROWS)],
            "session_id": [f"{name}-{row}" for row in range(ROWS)],
            "comment": [None if row % 5 else "well" for row in range(ROWS)],
            "ts": pd.date_range("2024-05-01", periods=ROWS, freq="11min").strftime("%Y-%m-%d %H:%M:%S"),
            "feedback": np.where(random.random(ROWS) < likes, "like", "dislike"),
            "model_name": name,
        }
        | sources
    )
    frame.loc[::10, "source_doc2"] = None
    return frame.assign(source_docs=frame["source_doc0"].str.cat(frame[["source_doc1", "source_doc2"]], sep="/n"))


@pytest.mark.slow
def test_both_datasets_of_the_notebook(project_name: str) -> None:
    """Each dataset has its own chats, and metric cards show how many of each were liked."""
    fdl.init(url=fdl.conn.url, token=fdl.conn.token, timeout=600)
    project = steps.open_project(project_name)
    frames = {dataset: chats(name, seed, 0.4 + seed / 5) for seed, (dataset, name) in enumerate(DATASETS.items())}
    first = frames["gpt3_5_dataset"]
    model = fdl.Model.from_data(
        source=first,
        name="fiddler_llm_evaluation",
        project_id=project.id,
        spec=fdl.ModelSpec(
            inputs=["prompt", "response", "source_docs"],
            metadata=["session_id", "comment", "ts", "feedback", "model_name"],
            custom_features=enrichments(),
        ),
        task=fdl.ModelTask.LLM,
        event_ts_col="ts",
        max_cardinality=5,
    )
    model.create()
    jobs = [
        model.publish(source=frame, environment=fdl.EnvType.PRE_PRODUCTION, dataset_name=dataset)
        for dataset, frame in frames.items()
    ]

    assert [done(job)["created"] for job in jobs] == [ROWS, ROWS]
    for dataset, frame in frames.items():
        found = fdl.Dataset.from_name(name=dataset, model_id=model.id)
        card = {"env_type": "PRE_PRODUCTION", "env_id": str(found.id)}
        liked = {"id": "frequency", "column": "feedback", "category": "like"}
        missing = {"id": "null_violation_count", "column": "source_docs"}
        likes = int((frame["feedback"] == "like").sum())
        assert steps.figures(model, "traffic", liked, missing, **card) == [ROWS, likes, ROWS // 10]
        stored = stored_events(model, dataset)
        assert {event["values"]["model_name"] for event in stored} == {DATASETS[dataset]}
    assert {found.name for found in model.baselines} == set(DATASETS)
