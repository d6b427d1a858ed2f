"""Hooks of Schemathesis: target existing resources, and check more than the contract's schemas."""

import json
from typing import Any

import schemathesis
from hypothesis.strategies import SearchStrategy, just
from schemathesis import Case, CheckContext, HookContext, Response
from schemathesis.core.failures import Failure, ServerError
from schemathesis.generation.meta import TestPhase
from schemathesis.openapi.checks import RejectedPositiveData

from tests.contract.fuzz.events import EVENTS
from tests.contract.fuzz.filters import FILTERS
from tests.contract.fuzz.fixtures import prepare
from tests.contract.fuzz.reading import RETRY_HEADERS, check_published, check_updated
from tests.contract.fuzz.rules import is_refused_by_rule
from tests.contract.fuzz.targeting import is_every_second, is_valid_source, shape_events, target_body, target_path
from tests.envelope import assert_error_envelope

ENDING = ("revoke_token", "rotate_token", "delete_project", "delete_model")
NOT_SERVED = 501
UNKNOWN_ID = "00000000-0000-4000-8000-000000000000"


@schemathesis.hook
def map_case(context: HookContext, case: Case[Any]) -> Case[Any]:
    """Target prepared resources with a case; links have already targeted theirs."""
    operation_id, fixtures = _operation_id(case), prepare(_url(case))
    if isinstance(case.body, dict):
        case.body = shape_events(case.body)
    is_linked = case.meta is not None and case.meta.phase.name is TestPhase.STATEFUL
    if case.meta is not None and case.meta.generation.mode.is_positive and (is_linked or is_every_second(case.body)):
        # The response to a retry may describe a resource that has changed since: no link and no check can start there.
        for name in RETRY_HEADERS:
            case.headers.pop(name, None)
    if is_linked:
        return case
    if case.path_parameters:
        case.path_parameters = target_path(operation_id, dict(case.path_parameters), fixtures)
    if isinstance(case.body, dict):
        case.body = target_body(case.body, fixtures)
    return case


@schemathesis.hook
def flatmap_body(context: HookContext, body: Any) -> SearchStrategy[Any]:
    """Put random events into sources: the contract allows any events, and without this hook they are empty."""
    if not isinstance(body, dict) or not is_valid_source(body.get("source")):
        return just(body)
    filled = EVENTS.map(lambda events: body | {"source": {"type": "EVENTS", "events": events}})
    return just(body) | filled if body["source"]["type"] == "FILE" else filled


@schemathesis.hook
def flatmap_query(context: HookContext, query: Any) -> SearchStrategy[Any]:
    """Put random filters into most queries of lists: without this hook they are rare, and may be any text."""
    sent = query or {}
    if not _has_filter(context) or not isinstance(sent.get("filter", ""), str):
        return just(query)
    return just(query) | FILTERS.map(lambda text: {**sent, "filter": text})


@schemathesis.hook
def before_call(context: HookContext, case: Case[Any], kwargs: dict[str, object]) -> None:
    """Keep the fuzz from deleting its own fixtures: it finds their ids in the lists of tokens, projects and models."""
    if _operation_id(case) in ENDING:
        kept = prepare(_url(case)).kept_ids
        for name, value in (case.path_parameters or {}).items():
            case.path_parameters[name] = UNKNOWN_ID if value in kept else value


@schemathesis.hook
def filter_failure(context: HookContext, failure: Failure, case: Case[Any], response: Response) -> bool:
    """Accept refusals that the contract describes in words, and 501 for unsupported parts."""
    is_rule = isinstance(failure, RejectedPositiveData) and is_refused_by_rule(response)
    is_not_served = isinstance(failure, ServerError) and response.status_code == NOT_SERVED
    return not (is_rule or is_not_served)


@schemathesis.check
def errors_have_the_envelope(ctx: CheckContext, response: Response, case: Case[Any]) -> None:
    if response.status_code >= 400:
        assert_error_envelope(json.loads(response.content), response.status_code)


@schemathesis.check
def acknowledged_events_read_back(ctx: CheckContext, response: Response, case: Case[Any]) -> None:
    if response.status_code == 200 and _operation_id(case) == "publish_events":
        check_published(_url(case), response.request, json.loads(response.content)["data"])


@schemathesis.check
def acknowledged_updates_read_back(ctx: CheckContext, response: Response, case: Case[Any]) -> None:
    if response.status_code == 200 and _operation_id(case) == "update_events":
        check_updated(_url(case), response.request, json.loads(response.content)["data"])


def _operation_id(case: Case[Any]) -> str:
    return str(case.operation.definition.raw.get("operationId"))


def _has_filter(context: HookContext) -> bool:
    return context.operation is not None and any(one.name == "filter" for one in context.operation.query)


def _url(case: Case[Any]) -> str:
    return str(case.operation.schema.get_base_url())
