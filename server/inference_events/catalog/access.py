"""The rows that a request sees: those of the projects that its token is limited to.

This is the one place that enforces it. Each query of a limited request gets the conditions below, for every table that
occurs in it, so that no operation can forget them: a row of another project is as good as missing, for reads, lists,
counts and changes. Work outside a request, such as a job, sees all rows.
"""

from collections.abc import Callable, Collection, Mapping
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, select
from sqlalchemy.orm import ORMExecuteState, with_loader_criteria
from sqlalchemy.orm.util import LoaderCriteriaOption

from inference_events.catalog.tables import (
    Baseline,
    CustomMetric,
    Environment,
    File,
    Job,
    Model,
    Project,
    Segment,
    Table,
    TokenProject,
)
from inference_events.context import current_project_ids

_IN_ALL_PROJECTS = "in_all_projects"
# Execution options of the few queries of a request that are about the whole server.
IN_ALL_PROJECTS = {_IN_ALL_PROJECTS: True}


def limit_to_projects(state: ORMExecuteState) -> None:
    """Limit a query to the projects of the current request."""
    project_ids = current_project_ids()
    if project_ids is None or state.execution_options.get(_IN_ALL_PROJECTS):
        return
    # These load more of a row that the request has seen, and inherit the conditions of the query that found it.
    if state.is_column_load or state.is_relationship_load:
        return
    statement: Any = state.statement
    state.statement = statement.options(*_conditions(project_ids))


# Making them takes longer than most queries.
@lru_cache(128)
def _conditions(project_ids: frozenset[str]) -> tuple[LoaderCriteriaOption, ...]:
    conditions = ((table, limit(project_ids)) for table, limit in LIMITS.items())
    return tuple(with_loader_criteria(table, condition, include_aliases=True) for table, condition in conditions)


def _models(project_ids: Collection[str]) -> Select[str]:
    models = Model.__table__.c
    return select(models.id).where(models.project_id.in_(project_ids))


def _file(project_ids: Collection[str]) -> ColumnElement[bool]:
    """Select files that a token uploaded which is limited to some of these projects, and to no other."""
    of_creator = exists().where(TokenProject.token_id == File.created_by_id)
    return of_creator & ~of_creator.where(TokenProject.project_id.not_in(project_ids))


# Which rows of a table belong to given projects. Tables that are missing here belong to no project.
LIMITS: Mapping[type[Table], Callable[[Collection[str]], ColumnElement[bool]]] = {
    Project: Project.id.in_,
    Model: Model.project_id.in_,
    Environment: lambda project_ids: Environment.model_id.in_(_models(project_ids)),
    Baseline: lambda project_ids: Baseline.model_id.in_(_models(project_ids)),
    Segment: lambda project_ids: Segment.model_id.in_(_models(project_ids)),
    CustomMetric: lambda project_ids: CustomMetric.model_id.in_(_models(project_ids)),
    Job: Job.project_id.in_,
    File: _file,
}
