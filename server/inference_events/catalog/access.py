"""Limit a request to the rows of the projects that its token is limited to.

Only this module enforces that. It adds the conditions below to each query of a limited request, for every table in the
query, so that no operation can forget them. Rows of other projects are missing in reads, lists, counts and changes.
Work outside a request, such as a job, sees all rows.
"""

from collections.abc import Callable, Collection, Mapping
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, select
from sqlalchemy.orm import ORMExecuteState, with_loader_criteria
from sqlalchemy.orm.util import LoaderCriteriaOption

from inference_events.catalog.alert_tables import (
    AlertEvaluation,
    AlertRecord,
    AlertRule,
)
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
    # These load more of a row that the request has already read. They inherit the conditions of its query.
    if state.is_column_load or state.is_relationship_load:
        return
    statement: Any = state.statement
    state.statement = statement.options(*_conditions(project_ids))


# Cached, because making the conditions takes longer than most queries.
@lru_cache(128)
def _conditions(project_ids: frozenset[str]) -> tuple[LoaderCriteriaOption, ...]:
    conditions = ((table, limit(project_ids)) for table, limit in LIMITS.items())
    return tuple(with_loader_criteria(table, condition, include_aliases=True) for table, condition in conditions)


def _models(project_ids: Collection[str]) -> Select[str]:
    models = Model.__table__.c
    return select(models.id).where(models.project_id.in_(project_ids))


def _file(project_ids: Collection[str]) -> ColumnElement[bool]:
    """Select the files of tokens that are limited to some of these projects and to no other."""
    of_creator = exists().where(TokenProject.token_id == File.created_by_id)
    return of_creator & ~of_creator.where(TokenProject.project_id.not_in(project_ids))


# The condition for the rows of each table that belong to given projects. Other tables belong to no project.
LIMITS: Mapping[type[Table], Callable[[Collection[str]], ColumnElement[bool]]] = {
    Project: Project.id.in_,
    Model: Model.project_id.in_,
    Environment: lambda project_ids: Environment.model_id.in_(_models(project_ids)),
    Baseline: lambda project_ids: Baseline.model_id.in_(_models(project_ids)),
    Segment: lambda project_ids: Segment.model_id.in_(_models(project_ids)),
    CustomMetric: lambda project_ids: CustomMetric.model_id.in_(_models(project_ids)),
    AlertRule: lambda project_ids: AlertRule.model_id.in_(_models(project_ids)),
    AlertRecord: lambda project_ids: AlertRecord.model_id.in_(_models(project_ids)),
    AlertEvaluation: lambda project_ids: AlertEvaluation.model_id.in_(_models(project_ids)),
    Job: Job.project_id.in_,
    File: _file,
}
