"""The rows that a request sees: those of the projects that its token is limited to.

This is the one place that enforces it. Each query of a limited request gets the conditions below, for every table that
occurs in it, so that no operation can forget them: a row of another project is as good as missing, for reads, lists,
counts and changes. Work outside a request, such as a job, sees all rows.
"""

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import ORMExecuteState, with_loader_criteria
from sqlalchemy.orm.util import LoaderCriteriaOption

from inference_events.catalog.tables import Baseline, Environment, File, Job, Model, Project, Table, TokenProject
from inference_events.context import current_project_ids

# For the few queries of a request that are about the whole server.
IN_ALL_PROJECTS = {"in_all_projects": True}


def limit_to_projects(state: ORMExecuteState) -> None:
    """Limit a query to the projects of the current request."""
    project_ids = current_project_ids()
    is_loaded_already = state.is_column_load or state.is_relationship_load
    if project_ids is None or is_loaded_already or IN_ALL_PROJECTS.items() <= state.execution_options.items():
        return
    statement: Any = state.statement
    state.statement = statement.options(*_criteria(project_ids))


def _criteria(project_ids: Collection[str]) -> list[LoaderCriteriaOption]:
    models = select(Model.__table__.c.id).where(Model.__table__.c.project_id.in_(project_ids))
    visible: dict[type[Table], ColumnElement[bool]] = {
        Project: Project.id.in_(project_ids),
        Model: Model.project_id.in_(project_ids),
        Environment: Environment.model_id.in_(models),
        Baseline: Baseline.model_id.in_(models),
        Job: Job.project_id.in_(project_ids),
        File: _is_visible_file(project_ids),
    }
    return [with_loader_criteria(table, condition, include_aliases=True) for table, condition in visible.items()]


def _is_visible_file(project_ids: Collection[str]) -> ColumnElement[bool]:
    """Select files that a token uploaded which is limited to some of these projects, and to no other."""
    of_creator = exists().where(TokenProject.token_id == File.created_by_id)
    return of_creator & ~of_creator.where(TokenProject.project_id.not_in(project_ids))
