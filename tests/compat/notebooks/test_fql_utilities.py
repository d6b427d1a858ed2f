"""The vendor's notebook about FQL: definitions of a model are listed, and new ones tried out as temporary metrics."""

from time import time
from uuid import uuid4

import fiddler as fdl
import pytest

from tests.compat.notebooks import churn, steps
from tests.compat.stored import done

ROWS = 500
TEMPORARY = "__test_"
YOUNG = '"age" > 30 and "geography" == \'California\''
IMPACT = (
    '(sum(if(("predicted_churn">0.5 and "gender"== \'Nonbinary\'), 1, 0))/sum(if(("gender"== \'Nonbinary\'), 1, 0)))'
    '/(sum(if(("predicted_churn">0.5 and "gender"== \'Male\'), 1, 0))/sum(if(("gender"== \'Male\'), 1, 0)))'
)
VALID = {
    "FP Count": "sum(if(fp(), 1, 0))",
    "FN Count": "sum(if(fn(), 1, 0))",
    "TP Count": "sum(if(tp(), 1, 0))",
    "Accuracy": "sum(if(tp() or tn(), 1, 0)) / sum(1)",
}
# The message says where the error is, because it is the only one that users get.
INVALID = {
    "sum(if(fp(), 1, 0": "expected ) at the end",
    '"age" > 30': "outside an aggregate",
    'sum(if(fp(), "nonexistent_column", 0))': "nonexistent_column",
    'avg("balance")': "average",
}


def try_out(model: fdl.Model, definition: str) -> str | None:
    """Create a temporary metric, and delete it again. Return the message if the definition is refused."""
    name = f"{TEMPORARY}{int(time())}_{uuid4().hex[:4]}"
    metric = fdl.CustomMetric(model_id=model.id, name=name, definition=definition)
    try:
        metric.create()
    except fdl.ApiError as error:
        return str(error.message)
    metric.delete()
    return None


def delete_leftovers(model: fdl.Model) -> int:
    """Delete the temporary metrics of earlier runs. Return how many there were."""
    found = [metric for metric in fdl.CustomMetric.list(model_id=model.id) if metric.name.startswith(TEMPORARY)]
    for metric in found:
        metric.delete()
    return len(found)


def test_definitions_of_the_notebook(project_name: str) -> None:
    """Listed definitions read back as written; valid ones can be tried out, and invalid ones say what is wrong."""
    project = steps.open_project(project_name)
    events = churn.customers(ROWS, seed=4)
    model = churn.churn_model("fql", project, events)
    fdl.Segment(name="young", model_id=model.id, definition=YOUNG).create()
    impact = fdl.CustomMetric(name="Disparate Impact", model_id=model.id, definition=IMPACT).create()
    left_over = fdl.CustomMetric(name=f"{TEMPORARY}1700000000_abcd", model_id=model.id, definition="sum(1)").create()
    done(model.publish(events))

    assert project_name in {one.name for one in fdl.Project.list()}
    assert [one.name for one in fdl.Model.list(project_id=project.id)] == ["fql"]
    assert [one.definition for one in fdl.Segment.list(model_id=model.id)] == [YOUNG]
    listed = {one.name: one.definition for one in fdl.CustomMetric.list(model_id=model.id)}
    assert listed == {"Disparate Impact": IMPACT, left_over.name: "sum(1)"}
    first = fdl.CustomMetric(model_id=model.id, name="__demo_uuid_problem", definition="sum(if(fp(), 1, 0))").create()
    first.delete()
    second = fdl.CustomMetric(model_id=model.id, name="__demo_uuid_problem", definition="sum(if(fn(), 1, 0))").create()
    second.delete()
    assert first.id != second.id
    assert {definition: try_out(model, definition) for definition in VALID.values()} == dict.fromkeys(VALID.values())
    assert try_out(model, "sum(fp()) / 0") is None
    for definition, place in INVALID.items():
        message = try_out(model, definition)
        assert place in (message or ""), message
    assert delete_leftovers(model) == 1
    assert [one.name for one in fdl.CustomMetric.list(model_id=model.id)] == ["Disparate Impact"]
    shares = {gender: float((group["predicted_churn"] > 0.5).mean()) for gender, group in events.groupby("gender")}
    [found] = steps.figures(model, str(impact.id))
    assert found == pytest.approx(shares["Nonbinary"] / shares["Male"])
