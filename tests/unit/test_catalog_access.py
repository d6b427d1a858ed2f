"""The limit of a request to the projects of its token, for all tables at once."""

import contextvars
from collections.abc import Callable, Iterator
from typing import TypeVar

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from inference_events.catalog import Catalog, jobs, organizations, projects
from inference_events.catalog.access import LIMITS
from inference_events.catalog.alert_tables import (
    AlertDataRevision,
    AlertDueBin,
    AlertRuleColumn,
    AlertRuleRevision,
    AlertRuleWebhook,
    AlertWatermark,
)
from inference_events.catalog.tables import (
    BrowserSession,
    CatalogVersion,
    FilePart,
    IdempotencyRecord,
    Organization,
    OutboxMessage,
    Project,
    SessionCode,
    Table,
    Token,
    TokenProject,
    Webhook,
    WorkLease,
)
from inference_events.context import Request, enter_request

T = TypeVar("T")
# The parts of a file are found by its id only, and released ones belong to none; those of an alert rule by the rule.
PARTS = {FilePart, AlertRuleColumn, AlertRuleRevision, AlertRuleWebhook}
# No token that is limited sees these.
OF_ALL_PROJECTS = {OutboxMessage, Webhook, WorkLease}
# Only the evaluator reads these, and it judges the rules of all projects.
OF_THE_EVALUATOR = {AlertDataRevision, AlertDueBin, AlertWatermark}
OF_NO_PROJECT = (
    PARTS
    | OF_ALL_PROJECTS
    | OF_THE_EVALUATOR
    | {
        BrowserSession,
        CatalogVersion,
        IdempotencyRecord,
        Organization,
        SessionCode,
        Token,
        TokenProject,
    }
)


@pytest.fixture
def catalog(catalog_url: str) -> Iterator[Catalog]:
    catalog = Catalog(catalog_url)
    catalog.write(lambda session: organizations.ensure(session, "o"))
    yield catalog
    catalog.close()


def limited(project_ids: set[str], call: Callable[[], T]) -> T:
    """Return what `call` returns in a request of a token that is limited to these projects."""

    def run() -> T:
        enter_request(Request("r", "GET", "/", project_ids=frozenset(project_ids)))
        return call()

    return contextvars.copy_context().run(run)


def add_project(catalog: Catalog, name: str) -> str:
    """Add a project with a job that waits."""

    def add(session: Session) -> str:
        project_id = projects.create(session, name).id
        shown = {"kind": "k", "name": "j", "params": {}, "info": {}, "token_id": "t", "epoch": 0}
        jobs.create(session, project_id=project_id, model_id=None, **shown)  # type: ignore[arg-type]
        return project_id

    return catalog.write(add)


def test_every_table_says_whether_it_belongs_to_projects() -> None:
    """A table that is added must be limited to projects, or be listed here as one that belongs to none."""
    tables = {mapper.class_ for mapper in Table.registry.mappers}
    assert set(LIMITS) | OF_NO_PROJECT == tables
    assert not set(LIMITS) & OF_NO_PROJECT


def test_cached_results_of_one_request_are_not_given_to_another(catalog: Catalog) -> None:
    """A cached read is limited, too: each set of projects has its own results."""
    ids = {add_project(catalog, "a"), add_project(catalog, "b")}

    def names() -> list[str]:
        return catalog.cached_read("names", lambda session: list(session.scalars(select(Project.name))))

    assert sorted(names()) == ["a", "b"]
    assert sorted(limited(ids, names)) == ["a", "b"]
    assert [len(limited({one}, names)) for one in ids] == [1, 1]
    assert limited(set(), names) == []
    assert sorted(names()) == ["a", "b"]


def test_the_bound_of_the_queue_is_one_for_all(catalog: Catalog) -> None:
    """A limited request sees the jobs of its projects, but its job waits behind all of them."""
    first, _ = add_project(catalog, "a"), add_project(catalog, "b")
    assert len(limited({first}, lambda: catalog.read(jobs.unfinished))) == 1
    assert limited({first}, lambda: catalog.read(jobs.count_unfinished)) == 2
