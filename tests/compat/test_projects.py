"""Projects: created, found, listed over many pages and deleted with all that is theirs."""

from collections.abc import Callable
from uuid import uuid4

import fiddler as fdl
import pytest

from tests.compat.stored import column, define_model

PAGE = 50


def new_name() -> str:
    return f"project_{uuid4().hex[:12]}"


def test_a_project_is_found_by_id_and_by_name(project: fdl.Project) -> None:
    """`get` and `from_name` find the project that `create` returned."""
    for found in (fdl.Project.get(project.id), fdl.Project.from_name(project.name)):
        assert vars(found) == vars(project) | {"_resp": found._resp}
        assert found.created_at is not None
        assert found.created_at.tzinfo is not None


@pytest.mark.needs("Project.get_or_create")
def test_get_or_create_makes_one_project() -> None:
    """The first call creates it, the others find it."""
    name = new_name()
    assert len({fdl.Project.get_or_create(name=name).id for _ in range(3)}) == 1


def test_a_name_is_taken_once(project: fdl.Project) -> None:
    """A second project of one name is a conflict."""
    with pytest.raises(fdl.Conflict) as conflict:
        fdl.Project(name=project.name).create()
    assert conflict.value.code == 409
    assert "already exists" in conflict.value.message


@pytest.mark.parametrize(
    "find",
    [
        lambda: fdl.Project.get(uuid4()),
        lambda: fdl.Project.from_name("nobody_made_this"),
        lambda: fdl.ProjectCompact(id=uuid4(), name="gone").fetch(),
    ],
    ids=["get", "from_name", "fetch"],
)
def test_a_missing_project_is_not_found(find: Callable[[], object]) -> None:
    """The client raises `NotFound`."""
    with pytest.raises(fdl.NotFound) as missing:
        find()
    assert missing.value.code == 404


@pytest.mark.parametrize("name", ["", "x" * 300])
def test_a_name_that_cannot_be_is_refused(name: str) -> None:
    """The refusal names the field."""
    with pytest.raises(fdl.ApiError) as refusal:
        fdl.Project(name=name).create()
    assert refusal.value.code == 400
    assert "name" in str(refusal.value)


def test_a_list_of_many_pages_has_every_project_once() -> None:
    """The client asks page by page, and sees each project exactly once."""
    made = {fdl.Project(name=new_name()).create().id for _ in range(2 * PAGE + 1)}
    listed = [project.id for project in fdl.Project.list()]
    assert made <= set(listed)
    assert len(listed) == len(set(listed))


def test_a_project_lists_its_models(project: fdl.Project) -> None:
    """`models` has those of this project and of no other; each leads back to its project."""
    other = fdl.Project(name=new_name()).create()
    define_model(other, column("x", "int"))
    made = {str(define_model(project, column("x", "int")).id) for _ in range(3)}
    assert {model.id for model in project.models} == made
    for model in project.models:
        assert model.fetch().project.fetch().id == project.id


@pytest.mark.needs("Project.get_or_create")
def test_a_deleted_project_is_gone_with_its_models(project: fdl.Project) -> None:
    """After `delete` neither the project nor its models are found, and the name is free."""
    model = define_model(project, column("x", "int"))
    model.publish([{"x": 1}])

    project.delete()

    for find in (lambda: fdl.Project.get(project.id), lambda: fdl.Model.get(model.id), project.delete):
        with pytest.raises(fdl.NotFound):
            find()
    assert fdl.Project(name=project.name).create().id != project.id


def test_old_clients_cannot_delete_a_project(project: fdl.Project) -> None:
    """They use a path of version 2 of the API, which is a 501."""
    if hasattr(fdl.Project, "get_or_create"):
        pytest.skip(f"client {fdl.__version__} uses version 3")
    with pytest.raises(fdl.ApiError) as refusal:
        project.delete()
    assert refusal.value.code == 501
    assert refusal.value.message == "This server does not offer projects of version 2 of the API"
    assert fdl.Project.get(project.id).name == project.name
