"""The calls of the vendor's API, as its client and its documentation have them."""

import re
from functools import cache

# Client 3.14.1 makes these, or has code for them.
CLIENT_CALLS = (
    "GET /v3/server-info",
    "GET /v3/version-compatibility",
    "POST /v3/events",
    "PATCH /v3/events",
    "DELETE /v3/events",
    "POST /v3/files/upload",
    "POST /v3/files/multipart-init",
    "POST /v3/files/multipart-upload",
    "POST /v3/files/multipart-complete",
    "POST /v3/model-factory",
    "GET /v3/projects",
    "POST /v3/projects",
    "GET /v3/projects/{project_id}",
    "DELETE /v3/projects/{project_id}",
    "GET /v3/models",
    "POST /v3/models",
    "GET /v3/models/{model_id}",
    "PATCH /v3/models/{model_id}",
    "DELETE /v3/models/{model_id}",
    "GET /v3/jobs",
    "GET /v3/jobs/{job_id}",
    "GET /v3/environments",
    "GET /v3/environments/{env_id}",
    "GET /v3/models/{model_id}/environments",
    "GET /v3/baselines",
    "POST /v3/baselines",
    "GET /v3/baselines/{baseline_id}",
    "DELETE /v3/baselines/{baseline_id}",
    "GET /v3/models/{model_id}/baselines",
    "POST /v3/analytics/download-slice-data",
    "POST /v3/slice-query/fetch",
    "POST /v3/slice-query/download",
    "POST /v3/slice-query/parse",
    "GET /v3/models/{model_id}/columns",
    "POST /v3/custom-metrics",
    "GET /v3/custom-metrics",
    "GET /v3/custom-metrics/{uuid}",
    "DELETE /v3/custom-metrics/{uuid}",
    "GET /v3/models/{model_id}/custom-metrics",
    "POST /v3/segments",
    "GET /v3/segments",
    "GET /v3/segments/{uuid}",
    "DELETE /v3/segments/{uuid}",
    "GET /v3/models/{model_id}/segments",
    "POST /v3/alert-rules",
    "GET /v3/alert-rules",
    "GET /v3/alert-rules/{alert_id}",
    "PATCH /v3/alert-rules/{alert_id}",
    "DELETE /v3/alert-rules/{alert_id}",
    "PATCH /v3/alert-rules/{alert_id}/notification",
    "GET /v3/alert-rules/{alert_id}/notification",
    "GET /v2/alert-configs/{alert_rule_id}/records",
    "POST /v2/webhooks",
    "GET /v2/webhooks",
    "GET /v2/webhooks/{id}",
    "PATCH /v2/webhooks/{id}",
    "DELETE /v2/webhooks/{id}",
    "POST PUT /v3/models/{model_id}/deploy-artifact",
    "GET /v3/models/{model_id}/download-artifact",
    "POST PUT /v3/models/{model_id}/deploy-surrogate",
    "GET /v3/models/{model_id}/deployment",
    "PATCH /v3/models/{model_id}/deployment",
    "POST /v3/explain",
    "POST /v3/predict",
    "POST /v3/analytics/feature-impact",
    "POST /v3/analytics/feature-importance",
    "POST /v3/analytics/feature-impact/precomputed",
    "POST /v3/analytics/feature-importance/precomputed",
    "POST PUT /v3/analytics/precompute-feature-impact",
    "POST PUT /v3/analytics/precompute-feature-importance",
    "POST PUT /v3/analytics/precompute-predictions",
    "POST PUT /v3/analytics/upload-feature-impact",
)
# Only older clients make these.
OLDER_CLIENT_CALLS = (
    "GET /v2/alert-configs",
    "POST /v2/alert-configs",
    "GET /v2/alert-configs/{alert_rule_id}",
    "PATCH /v2/alert-configs/{alert_rule_id}",
    "DELETE /v2/alert-configs/{alert_rule_id}",
    "DELETE /v2/projects/{organization_and_project}",
    "POST /v3/analytics/fairness",
    "POST /v3/analytics/mutual-info",
)
# No client makes these.
OTHER_CALLS = (
    "POST /v1/traces",
    "GET POST /v2/dashboards",
    "POST /v3/analytics/correlation",
    "POST /v3/analytics/correlation-matrix",
    "POST /v3/analytics/dependence-plot",
    "POST /v3/analytics/distribution",
    "POST /v3/analytics/metrics",
    "POST /v3/analytics/scores",
    "POST /v3/analytics/slice-stats",
    "GET POST /v3/applications",
    "GET POST /v3/charts",
    "GET PATCH DELETE /v3/charts/{chart_id}",
    "GET POST /v3/evaluator-rules",
    "GET POST /v3/evaluators",
    "GET POST /v3/experiments",
    "POST /v3/guardrails/ftl-response-faithfulness",
    "POST /v3/guardrails/ftl-safety",
    "POST /v3/guardrails/sensitive-information",
    "POST /v3/histograms",
    "GET /v3/models/{model_id}/default-dashboard",
    "GET /v3/models/{model_id}/metrics",
    "GET /v3/monitoring-summary",
    "GET POST /v3/project-roles",
    "POST /v3/llm-as-a-judge/prompt-spec/predict",
    "POST /v3/llm-as-a-judge/prompt-spec/validate",
    "POST /v3/queries",
    "POST /v3/spans/fields",
    "POST /v3/spans/query",
    "GET POST /v3/user-access-keys",
    "GET /v3/users",
)
TEMPLATE = re.compile(r"{[^{}]+}")


def endpoints() -> list[tuple[str, str]]:
    """Return the method and the path of each call."""
    written = (call.rsplit(" ", 1) for call in (*CLIENT_CALLS, *OLDER_CLIENT_CALLS, *OTHER_CALLS))
    return [(method, path) for methods, path in written for method in methods.split()]


def client_call(method: str, path: str) -> str | None:
    """Return the call of a client that a request is; None if it is none of them. A template matches one segment."""
    return next((call for call, sent in _patterns().items() if method in call.split() and sent.fullmatch(path)), None)


@cache
def _patterns() -> dict[str, re.Pattern[str]]:
    calls = (*CLIENT_CALLS, *OLDER_CLIENT_CALLS)
    return {call: re.compile(TEMPLATE.sub("[^/]+", call.rsplit(" ", 1)[1])) for call in calls}
