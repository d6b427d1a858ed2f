"""Paths that the vendor's API has and this server does not, each with what is offered there."""

from inference_events.http.contract import matches_path

ABSENT_PATHS = {
    "/v2/alert-configs": "alert rules",
    "/v2/alert-configs/{alert_rule_id}": "alert rules",
    "/v2/alert-configs/{alert_rule_id}/records": "alert rules",
    "/v2/projects/{organization_and_project}": "projects of version 2 of the API",
    "/v2/webhooks": "webhooks",
    "/v2/webhooks/{webhook_id}": "webhooks",
    "/v3/alert-rules": "alert rules",
    "/v3/alert-rules/{alert_rule_id}": "alert rules",
    "/v3/alert-rules/{alert_rule_id}/notification": "alert rules",
    "/v3/analytics/fairness": "fairness",
    "/v3/analytics/feature-impact": "feature impact",
    "/v3/analytics/feature-impact/precomputed": "feature impact",
    "/v3/analytics/feature-importance": "feature importance",
    "/v3/analytics/feature-importance/precomputed": "feature importance",
    "/v3/analytics/mutual-info": "mutual information",
    "/v3/analytics/precompute-feature-impact": "feature impact",
    "/v3/analytics/precompute-feature-importance": "feature importance",
    "/v3/analytics/precompute-predictions": "predictions",
    "/v3/analytics/upload-feature-impact": "feature impact",
    "/v3/custom-metrics": "custom metrics",
    "/v3/custom-metrics/{custom_metric_id}": "custom metrics",
    "/v3/explain": "explanations",
    "/v3/models/{model_id}/custom-metrics": "custom metrics",
    "/v3/models/{model_id}/deploy-artifact": "model artifacts",
    "/v3/models/{model_id}/deploy-surrogate": "surrogate models",
    "/v3/models/{model_id}/deployment": "model deployments",
    "/v3/models/{model_id}/download-artifact": "model artifacts",
    "/v3/models/{model_id}/segments": "segments",
    "/v3/predict": "predictions",
    "/v3/segments": "segments",
    "/v3/segments/{segment_id}": "segments",
    "/v3/slice-query/download": "queries in SQL",
    "/v3/slice-query/fetch": "queries in SQL",
    "/v3/slice-query/parse": "queries in SQL",
}


def absent_part(path: str) -> str | None:
    """Return what the vendor offers at `path`, None if that is not one of the vendor's or is served here."""
    return next((part for template, part in ABSENT_PATHS.items() if matches_path(template, path)), None)
