"""Feature impacts: how much each input moves a model's prediction, as its user computed it."""

from collections.abc import Mapping

from inference_events.catalog.tables import JsonObject, Model, utc_now
from inference_events.errors import BadRequest, ErrorDetail, ObjectNotFound
from inference_events.operations import views
from inference_events.references import escape
from inference_events_api import types as t


def stored_impact(model: Model, impacts: Mapping[str, float]) -> JsonObject:
    """Return impacts as the catalog keeps them. Raises BadRequest for names that are no inputs."""
    inputs = set(model.spec.get("inputs") or ())
    faults = [
        ErrorDetail("is not an input of the model", f"/feature_impact_map/{escape(name)}")
        for name in impacts
        if name not in inputs
    ]
    if faults:
        raise BadRequest.with_details(*faults)
    scores = [float(impact) for impact in impacts.values()]
    return {"names": list(impacts), "scores": scores, "created_at": views.time(utc_now())}


def feature_impact(model: Model) -> t.FeatureImpact:
    """Show the impacts of a model. Raises ObjectNotFound if it has none."""
    stored = model.feature_impact
    if stored is None:
        raise ObjectNotFound.of("Feature impact")
    return {
        "feature_names": stored["names"],
        "feature_impact_scores": stored["scores"],
        "system_generated": False,
        "model_task": model.task.upper(),
        "model_input_type": model.input_type.upper(),
        "created_at": stored["created_at"],
    }
