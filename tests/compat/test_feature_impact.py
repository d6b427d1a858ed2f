"""Feature impacts: uploaded, replaced and read as in the vendor's notebook."""

import fiddler as fdl
import pytest
import requests

from tests.compat.stored import column, define_model
from tests.program import Served

IMPACTS = {"age": 0.25, "geography": 0.0}


@pytest.fixture
def model(project: fdl.Project) -> fdl.Model:
    """Give a model with two inputs."""
    columns = (column("age", "int"), column("geography", "str"))
    return define_model(project, *columns, spec=fdl.ModelSpec(inputs=["age", "geography"]))


@pytest.mark.needs("Model.upload_feature_impact")
def test_an_impact_is_uploaded_and_replaced(model: fdl.Model) -> None:
    """The client gets back what it sent; a second upload is a conflict, unless it is an update."""
    stored = model.upload_feature_impact(IMPACTS)
    assert (stored["feature_names"], stored["feature_impact_scores"]) == (["age", "geography"], [0.25, 0])
    assert stored["system_generated"] is False
    with pytest.raises(fdl.Conflict):
        model.upload_feature_impact(IMPACTS)
    assert model.upload_feature_impact({"age": -1}, update=True)["feature_impact_scores"] == [-1]


def test_an_uploaded_impact_is_read(model: fdl.Model, server: Served, notebook_token: str) -> None:
    """The client reads an impact by its fields, and gets NotFound before there is one."""
    with pytest.raises(fdl.NotFound):
        model.get_precomputed_feature_impact()
    response = requests.post(
        f"{server.url}/v3/analytics/upload-feature-impact",
        json={"model_id": str(model.id), "feature_impact_map": IMPACTS},
        headers={"Authorization": f"Bearer {notebook_token}"},
        timeout=60,
    )
    assert response.status_code == 200, response.text
    found = model.get_precomputed_feature_impact()
    assert dict(zip(found.feature_names, found.feature_impact_scores, strict=True)) == IMPACTS
