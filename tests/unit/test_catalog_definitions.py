"""Segments and custom metrics in the catalog, on every database."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy.orm import Session

from inference_events.catalog import Catalog, definitions, models, organizations, projects, tokens
from inference_events.catalog.listing import Listing
from inference_events.catalog.tables import CustomMetric, Model, Segment
from inference_events.errors import Conflict, ObjectNotFound
from inference_events.monitoring.definitions.changes import check_change
from inference_events.monitoring.definitions.rules import stored_subject

MODEL = {
    "input_type": "structured",
    "task": "not_set",
    "schema": {"columns": [{"name": "age", "data_type": "int"}, {"name": "place", "data_type": "str"}]},
    "spec": {"inputs": ["age", "place"]},
}
TABLES = pytest.mark.parametrize("table", [Segment, CustomMetric])
VALID = {Segment: "age > 1", CustomMetric: "sum(age)"}


@pytest.fixture
def catalog(catalog_url: str) -> Iterator[Catalog]:
    catalog = Catalog(catalog_url)
    catalog.write(lambda session: organizations.ensure(session, "acme"))
    yield catalog
    catalog.close()


@pytest.fixture
def token_id(catalog: Catalog) -> str:
    return catalog.write(lambda session: tokens.create(session, "tester", ["admin"])[0].id)


def create_model(catalog: Catalog, token_id: str, name: str = "churn") -> Model:
    def make(session: Session) -> Model:
        return models.create(session, projects.create(session, name).id, MODEL | {"name": name}, token_id)

    return catalog.write(make)


def define(catalog: Catalog, table: Any, model: Model, name: str = "mine", definition: str | None = None) -> str:
    """Create a definition and return its id."""

    def make(session: Session) -> str:
        row = table(
            model_id=model.id,
            name=name,
            definition=definition or VALID[table],
            description="Größe",
            created_by_id=model.created_by_id,
        )
        return str(definitions.create(session, row).id)

    return catalog.write(make)


@TABLES
def test_a_definition_is_kept_as_it_is(catalog: Catalog, token_id: str, table: Any) -> None:
    """It is found by id and listed with its model, its project and its creator, in order of names by code point."""
    model = create_model(catalog, token_id)
    ids = {name: define(catalog, table, model, name) for name in ("b", "a", "C")}
    row = catalog.read(lambda session: definitions.get(session, table, ids["a"].upper()))
    assert (row.name, row.definition, row.description) == ("a", VALID[table], "Größe")
    assert (row.model.name, row.model.project.name, row.created_by.name) == ("churn", "churn", "tester")
    page = catalog.read(lambda session: definitions.list_page(session, table, Listing(), model.id))
    assert ([one.name for one in page.items], page.total) == (["C", "a", "b"], 3)
    found = catalog.read(lambda session: definitions.list_page(session, table, Listing(search="c")))
    assert [one.id for one in found.items] == [ids["C"]]


@TABLES
def test_a_name_is_taken_once(catalog: Catalog, token_id: str, table: Any) -> None:
    """A second definition of a name is a Conflict, and leaves the first one; a deleted one leaves its name."""
    model = create_model(catalog, token_id)
    first = define(catalog, table, model)
    with pytest.raises(Conflict, match="with the same name already exists for this model"):
        define(catalog, table, model)
    assert define(catalog, table, create_model(catalog, token_id, "other"))
    assert catalog.write(lambda session: definitions.delete(session, table, first)).id == first
    assert define(catalog, table, model) != first


@TABLES
def test_definitions_go_with_their_model(catalog: Catalog, token_id: str, table: Any) -> None:
    """Those of a deleted model are neither found nor listed; those of others stay."""
    gone, stays = (create_model(catalog, token_id, name) for name in ("gone", "stays"))
    ids = [define(catalog, table, model) for model in (gone, stays)]
    catalog.write(lambda session: models.delete(session, gone.id))
    with pytest.raises(ObjectNotFound, match=definitions.TITLES[table]):
        catalog.read(lambda session: definitions.get(session, table, ids[0]))
    with pytest.raises(ObjectNotFound):
        catalog.write(lambda session: definitions.delete(session, table, ids[0]))
    page = catalog.read(lambda session: definitions.list_page(session, table, Listing()))
    assert [one.id for one in page.items] == ids[1:]


def test_a_cached_definition_is_forgotten_with_its_row(catalog: Catalog, token_id: str) -> None:
    """A result that depends on a definition is read again once the definition is deleted."""
    segment_id = define(catalog, Segment, create_model(catalog, token_id))

    def read(session: Session) -> str:
        return definitions.get(session, Segment, segment_id).definition

    assert catalog.cached_read("segment", read) == VALID[Segment]
    catalog.write(lambda session: definitions.delete(session, Segment, segment_id))
    with pytest.raises(ObjectNotFound):
        catalog.cached_read("segment", read)


@pytest.mark.parametrize("columns", [["age"], ["place"], ["age", "place", "new"]])
def test_a_change_is_refused_with_all_names(catalog: Catalog, token_id: str, columns: list[str]) -> None:
    """A change that removes a used column names each definition that uses it and the column; others do not count."""
    model = create_model(catalog, token_id)
    users = {"age": ["old", "total"], "place": ["home"]}
    define(catalog, Segment, model, "old")
    define(catalog, Segment, model, "home", "place == 'Texas'")
    define(catalog, CustomMetric, model, "total")
    define(catalog, Segment, model, "broken before", "nope > 1")
    schema = {"columns": [{"name": name, "data_type": "int" if name == "age" else "str"} for name in columns]}

    def change(session: Session) -> None:
        row = models.get(session, model.id)
        before = stored_subject(session, row)
        check_change(session, models.update(session, model.id, {"schema": schema}, token_id), before)

    removed = [name for name in users if name not in columns]
    if not removed:
        catalog.write(change)
        return
    with pytest.raises(Conflict) as refusal:
        catalog.write(change)
    named = {name: column for column in removed for name in users[column]}
    assert all(f'"{name}"' in refusal.value.message for name in named)
    for name, column in named.items():
        assert any(f'"{name}" uses "{column}"' in fault.message for fault in refusal.value.faults)
    assert len(refusal.value.faults) == len(named)
    assert catalog.read(lambda session: models.get(session, model.id)).schema == MODEL["schema"]
