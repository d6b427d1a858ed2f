"""The vendor's notebook about feature impacts that a user has computed: uploaded, and replaced."""

import fiddler as fdl
import pytest

from tests.compat.notebooks import churn, steps
from tests.compat.stored import done

FIRST = {
    "creditscore": 0.0193,
    "geography": 0.0276,
    "gender": 0.0142,
    "age": 0.2216,
    "tenure": 0.0087,
    "balance": 0.0815,
    "numofproducts": 0.1745,
    "hascrcard": 0.0003,
    "isactivemember": 0.0531,
    "estimatedsalary": 0.0075,
}
SECOND = {column: round(1 - impact, 4) for column, impact in FIRST.items()}


def impacts(model: fdl.Model) -> dict[str, float]:
    found = model.get_precomputed_feature_impact()
    return dict(zip(found.feature_names, found.feature_impact_scores, strict=True))


@pytest.mark.needs("Model.upload_feature_impact")
def test_impacts_of_the_notebook(project_name: str) -> None:
    """Each upload returns and stores its impacts, and the impact of a drift is the product of both."""
    project = steps.create_or_load_project(project_name)
    sample = churn.customers(1_000, seed=1)
    model = churn.churn_model("bank_churn_simple_monitoring", project, sample)
    first = model.upload_feature_impact(feature_impact_map=FIRST, update=False)
    stored = impacts(model)
    second = model.upload_feature_impact(feature_impact_map=SECOND, update=True)

    assert dict(zip(first["feature_names"], first["feature_impact_scores"], strict=True)) == FIRST == stored
    assert dict(zip(second["feature_names"], second["feature_impact_scores"], strict=True)) == SECOND == impacts(model)
    with pytest.raises(fdl.Conflict):
        model.upload_feature_impact(feature_impact_map=FIRST, update=False)
    done(model.publish(sample, fdl.EnvType.PRE_PRODUCTION, "baseline_dataset"))
    done(model.publish(churn.customers(1_000, seed=2)))
    asked = [{"id": metric, "column": "geography"} for metric in ("jsd", "prediction_drift_impact")]
    drift, impact = steps.figures(model, *asked)
    assert drift
    assert impact == pytest.approx(drift * SECOND["geography"])
