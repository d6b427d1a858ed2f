"""Paths that the vendor's API has and this server does not."""

from inference_events.http.contract import matches_path

ABSENT_PATHS = (
    "/v2/alert-configs",
    "/v2/alert-configs/{alert_rule_id}",
    "/v2/alert-configs/{alert_rule_id}/records",
    "/v2/projects/{organization_and_project}",
    "/v2/webhooks",
    "/v2/webhooks/{webhook_id}",
    "/v3/alert-rules",
    "/v3/alert-rules/{alert_rule_id}",
    "/v3/alert-rules/{alert_rule_id}/notification",
    "/v3/analytics/fairness",
    "/v3/analytics/feature-impact",
    "/v3/analytics/feature-impact/precomputed",
    "/v3/analytics/feature-importance",
    "/v3/analytics/feature-importance/precomputed",
    "/v3/analytics/mutual-info",
    "/v3/analytics/precompute-feature-impact",
    "/v3/analytics/precompute-feature-importance",
    "/v3/analytics/precompute-predictions",
    "/v3/analytics/upload-feature-impact",
    "/v3/custom-metrics",
    "/v3/custom-metrics/{custom_metric_id}",
    "/v3/explain",
    "/v3/models/{model_id}/custom-metrics",
    "/v3/models/{model_id}/deploy-artifact",
    "/v3/models/{model_id}/deploy-surrogate",
    "/v3/models/{model_id}/deployment",
    "/v3/models/{model_id}/download-artifact",
    "/v3/models/{model_id}/segments",
    "/v3/predict",
    "/v3/segments",
    "/v3/segments/{segment_id}",
    "/v3/slice-query/download",
    "/v3/slice-query/fetch",
    "/v3/slice-query/parse",
)


def is_absent(path: str) -> bool:
    """Tell whether `path` is one of the vendor's that are not served here."""
    return any(matches_path(template, path) for template in ABSENT_PATHS)
