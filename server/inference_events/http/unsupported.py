"""Features of the vendor's API that this server lacks, by path. An entry covers the paths below it, too."""

from inference_events.http.contract import starts_path

UNSUPPORTED = {
    "/v1/traces": "traces",
    "/v2/dashboards": "dashboards",
    "/v2/projects": "projects of version 2 of the API",
    "/v3/analytics/correlation": "analytics",
    "/v3/analytics/correlation-matrix": "analytics",
    "/v3/analytics/dependence-plot": "analytics",
    "/v3/analytics/distribution": "analytics",
    "/v3/analytics/fairness": "fairness",
    "/v3/analytics/feature-impact": "feature impact",
    "/v3/analytics/feature-importance": "feature importance",
    "/v3/analytics/mutual-info": "mutual information",
    "/v3/analytics/precompute-feature-impact": "feature impact",
    "/v3/analytics/precompute-feature-importance": "feature importance",
    "/v3/analytics/precompute-predictions": "predictions",
    "/v3/analytics/slice-stats": "analytics",
    "/v3/applications": "applications",
    "/v3/attributes": "attributes of applications",
    "/v3/charts": "charts",
    "/v3/dashboards": "dashboards",
    "/v3/evals": "evaluations",
    "/v3/evaluation": "evaluations",
    "/v3/evaluator-rules": "evaluators",
    "/v3/evaluators": "evaluators",
    "/v3/experiments": "experiments",
    "/v3/explain": "explanations",
    "/v3/fql-expressions": "expressions in FQL",
    "/v3/genai-alert-rules": "alert rules",
    "/v3/guardrails": "guardrails",
    "/v3/llm-as-a-judge": "evaluations",
    "/v3/llm-gateway": "the LLM gateway",
    "/v3/models/{model_id}/default-dashboard": "dashboards",
    "/v3/models/{model_id}/deploy-artifact": "model artifacts",
    "/v3/models/{model_id}/deploy-surrogate": "surrogate models",
    "/v3/models/{model_id}/deployment": "model deployments",
    "/v3/models/{model_id}/download-artifact": "model artifacts",
    "/v3/predict": "predictions",
    "/v3/project-roles": "users",
    "/v3/sessions": "sessions",
    "/v3/slice-query": "queries in SQL",
    "/v3/spans": "traces",
    "/v3/traces": "traces",
    "/v3/user-access-keys": "users",
    "/v3/users": "users",
}


def unsupported_feature(path: str) -> str | None:
    """Return the vendor's feature at a path that is not served here; None if the vendor has no such path."""
    return next((part for template, part in UNSUPPORTED.items() if starts_path(template, path)), None)
