"""The part of COMPATIBILITY.md about the calls that are a 501, and why. It is made of what the server refuses."""

from functools import cache

from inference_events.http.contract import Contract, load_contract
from inference_events.http.unsupported import UNSUPPORTED
from tests.vendor_calls import TEMPLATE

INTRODUCTION = """\
## Calls that are a 501

What of the vendor's API the server does not offer, and why. All below these paths is a 501, too, unless it is served.

| feature | paths | why |
| --- | --- | --- |
"""
PARTS = """
Of these calls, a part is a 501:

| call | part | why |
| --- | --- | --- |
"""
_AGENTS = "It is for agents and applications with language models, whose traces the server does not keep."
_RUNS = "It needs a server that runs the model; this one has no model, only its events."
_CONSOLE = "It stores or draws pages of the vendor's console; the server has a console of its own."
WHY = {
    "alert rules": _AGENTS,
    "analytics": "It is for charts of the vendor's console; `POST /v3/monitoring/distribution` has the histograms.",
    "applications": _AGENTS,
    "attributes of applications": _AGENTS,
    "charts": _CONSOLE,
    "dashboards": _CONSOLE,
    "evaluations": _AGENTS,
    "evaluators": _AGENTS,
    "experiments": _AGENTS,
    "explanations": _RUNS,
    "expressions in FQL": "No public description was found; `POST /v3/monitoring/definitions/check` checks one.",
    "fairness": "Only old clients ask for it, of a query in SQL; metrics of a segment are an alternative.",
    "feature impact": f"{_RUNS} `Model.upload_feature_impact` stores an impact that you computed.",
    "feature importance": _RUNS,
    "guardrails": "It needs the vendor's language models.",
    "model artifacts": _RUNS,
    "model deployments": _RUNS,
    "mutual information": "Only old clients ask for it, of a query in SQL.",
    "predictions": _RUNS,
    "projects of version 2 of the API": "Only old clients delete a project so. Use `DELETE /v3/projects/{project_id}`.",
    "queries in SQL": "Only old clients have them; newer ones have `Model.download_data`.",
    "sessions": _AGENTS,
    "surrogate models": _RUNS,
    "the LLM gateway": "It needs the vendor's language models.",
    "traces": _AGENTS,
    "users": "The server has tokens with scopes instead of users: `/v3/tokens`.",
}
WHY_IN_PART = {
    "POST /v3/analytics/scores": ("the score `TOP_K_MEAN_SCORE`", "No public definition of it was found."),
    "POST /v3/queries": (
        "`query_type` EMBEDDING and ANALYTICS",
        "The first projects vectors for a chart; the second is for pages of the vendor's console.",
    ),
}


def section() -> str:
    """Write the tables."""
    paths: dict[str, list[str]] = {}
    for path, feature in UNSUPPORTED.items():
        paths.setdefault(feature, []).append(f"`{path}`")
    whole = (f"| {feature} | {', '.join(found)} | {WHY[feature]} |\n" for feature, found in sorted(paths.items()))
    parts = (f"| `{call}` | {' | '.join(WHY_IN_PART[call])} |\n" for call in refused_in_part())
    return INTRODUCTION + "".join(whole) + PARTS + "".join(parts)


def refused_in_part() -> list[str]:
    """Return the calls of the contract that may answer with a 501."""
    return sorted(
        f"{method.upper()} {path}"
        for path, operations in _contract().document["paths"].items()
        for method, operation in operations.items()
        if "501" in operation.get("responses", {})
    )


def is_served(method: str, path: str) -> bool:
    """Report whether the contract has a call. The names in a path do not count."""
    served = {(one.method, TEMPLATE.sub("{}", one.path)) for one in _contract().operations.values()}
    return (method, TEMPLATE.sub("{}", path)) in served


@cache
def _contract() -> Contract:
    return load_contract()
