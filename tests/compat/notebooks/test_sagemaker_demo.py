"""The vendor's demo with SageMaker: a chatbot with embeddings, whose users click and book, and what it costs."""

from time import time

import fiddler as fdl
import numpy as np
import pandas as pd
import pytest

from tests.compat.notebooks import steps
from tests.compat.stored import done

ROWS = 126
SEGMENTS = {
    "Click": "result=='click'",
    "No Click": "result=='no_click'",
    "Booked": "result=='booked'",
    "Liked Answers": "feedback=='like'",
    "Disliked Answers": "feedback=='dislike'",
}
METRICS = {
    "Total Cost": "sum((prompt_tokens*0.01)+(completion_tokens*0.03))",
    "Prompt Token Cost": "sum((prompt_tokens*0.01))",
    "Response Token Cost": "sum((completion_tokens*0.03))",
}


def chats() -> pd.DataFrame:
    random = np.random.default_rng(9)
    vectors = random.normal(0, 1, (2, ROWS, 16)).round(6)
    return pd.DataFrame(
        {
            "user_input": [f"Where is hotel {row}?" for row in range(ROWS)],
            "chatbot_response": [f"In street {row}." for row in range(ROWS)],
            "Enrichment Prompt Embedding": vectors[0].tolist(),
            "Enrichment Response Embedding": vectors[1].tolist(),
            "prompt_tokens": random.integers(10, 200, ROWS),
            "completion_tokens": random.integers(10, 900, ROWS),
            "result": random.choice(["click", "no_click", "booked"], ROWS),
            "feedback": random.choice(["like", "dislike"], ROWS),
            "timestamp": np.linspace(1_700_000_000, 1_700_400_000, ROWS),
        }
    )


def create_unless_there(definition: fdl.Segment | fdl.CustomMetric) -> bool:
    try:
        definition.create()
    except fdl.Conflict:
        return False
    return True


@pytest.mark.slow
def test_costs_and_segments_of_the_demo(project_name: str) -> None:
    """A second run finds all definitions; each segment has its chats and its cost; and prompts drift from a dataset."""
    project = steps.open_project(project_name)
    events = chats()
    text = ["user_input", "chatbot_response"]
    embeddings = [
        fdl.TextEmbedding(name=name, source_column=source, column=column, n_tags=5)
        for name, source, column in (
            ("PromptTextEmbedding", "user_input", "Enrichment Prompt Embedding"),
            ("ResponseTextEmbedding", "chatbot_response", "Enrichment Response Embedding"),
        )
    ]
    model = fdl.Model.from_data(
        source=events,
        name="llm_chatbot",
        project_id=project.id,
        spec=fdl.ModelSpec(inputs=text, metadata=list(events.drop(text, axis=1).columns), custom_features=embeddings),
        task=fdl.ModelTask.LLM,
        event_ts_col="timestamp",
        max_cardinality=3,
    )
    model.create()
    for is_new in (True, False):
        for kind, described in ((fdl.Segment, SEGMENTS), (fdl.CustomMetric, METRICS)):
            for name, definition in described.items():
                made = kind(name=name, model_id=model.id, description=name, definition=definition)
                assert create_unless_there(made) is is_new
    now = int(time())
    events["timestamp"] = np.linspace(now - 5 * 24 * 60 * 60, now, num=ROWS)
    assert done(steps.publish_batch(model, events))["created"] == ROWS

    cost = str(fdl.CustomMetric.from_name("Total Cost", model.id).id)
    for name, definition in SEGMENTS.items():
        column, value = definition.replace("'", "").split("==")
        rows = events[events[column] == value]
        segment = fdl.Segment.from_name(name, model.id)
        expected = [len(rows), float((rows["prompt_tokens"] * 0.01 + rows["completion_tokens"] * 0.03).sum())]
        assert steps.figures(model, "traffic", cost, segment_id=str(segment.id)) == pytest.approx(expected)
    done(model.publish(chats(), fdl.EnvType.PRE_PRODUCTION, "same"))
    assert steps.figures(model, {"id": "jsd", "column": "PromptTextEmbedding"}) == [0]
