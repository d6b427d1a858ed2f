"""What the vendor's API has and this server does not: 501, which the vendor's client does not repeat."""

from inference_events.errors import ApiError
from inference_events.http.contract import matches_path

ABSENT_PATHS = (
    "/v2/alert-configs/{alert_rule_id}/records",
    "/v2/webhooks",
    "/v2/webhooks/{webhook_id}",
    "/v3/alert-rules",
    "/v3/alert-rules/{alert_rule_id}",
    "/v3/alert-rules/{alert_rule_id}/notification",
    "/v3/analytics/download-slice-data",
    "/v3/analytics/feature-impact",
    "/v3/analytics/feature-impact/precomputed",
    "/v3/analytics/feature-importance",
    "/v3/analytics/feature-importance/precomputed",
    "/v3/analytics/precompute-feature-impact",
    "/v3/analytics/precompute-feature-importance",
    "/v3/analytics/precompute-predictions",
    "/v3/analytics/upload-feature-impact",
    "/v3/baselines",
    "/v3/baselines/{baseline_id}",
    "/v3/custom-metrics",
    "/v3/custom-metrics/{custom_metric_id}",
    "/v3/environments",
    "/v3/environments/{environment_id}",
    "/v3/explain",
    "/v3/files/multipart-complete",
    "/v3/files/multipart-init",
    "/v3/files/multipart-upload",
    "/v3/model-factory",
    "/v3/models/{model_id}/baselines",
    "/v3/models/{model_id}/columns",
    "/v3/models/{model_id}/custom-metrics",
    "/v3/models/{model_id}/deploy-artifact",
    "/v3/models/{model_id}/deploy-surrogate",
    "/v3/models/{model_id}/deployment",
    "/v3/models/{model_id}/download-artifact",
    "/v3/models/{model_id}/environments",
    "/v3/models/{model_id}/segments",
    "/v3/predict",
    "/v3/segments",
    "/v3/segments/{segment_id}",
    "/v3/slice-query/download",
    "/v3/slice-query/fetch",
    "/v3/slice-query/parse",
)


class NotOffered(ApiError):
    code = 501
    reason = "NotImplemented"


def is_absent(path: str) -> bool:
    """Tell whether `path` is one of the vendor's that are not served here."""
    return any(matches_path(template, path) for template in ABSENT_PATHS)
