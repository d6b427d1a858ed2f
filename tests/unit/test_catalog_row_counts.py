"""Row counts of environments and baselines if the event store does not know the model."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from inference_events.catalog import Catalog, baselines, environments, models, organizations, projects, tokens
from inference_events.catalog.listing import Listing
from inference_events.catalog.tables import utc_now
from inference_events.operations import row_counts
from inference_events.stores.duckdb import DuckDBEventStore

MODEL = {"name": "churn", "input_type": "structured", "task": "not_set", "schema": {"columns": []}, "spec": {}}


@pytest.fixture
def catalog(catalog_url: str) -> Iterator[Catalog]:
    catalog = Catalog(catalog_url)
    yield catalog
    catalog.close()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[DuckDBEventStore]:
    store = DuckDBEventStore(tmp_path / "events.duckdb")
    yield store
    store.close()


def test_a_model_that_the_store_does_not_know_has_no_events(catalog: Catalog, store: DuckDBEventStore) -> None:
    """After a stop between the writes to catalog and store, or during a deletion, the counts are 0, not an error."""

    def make(session: Session) -> None:
        organizations.ensure(session, "acme")
        token, _ = tokens.create(session, "tester", ["admin"])
        model = models.create(session, projects.create(session, "bank").id, MODEL, token.id)
        production = environments.get_production(session, model.id)
        baselines.get_or_create_dataset(session, model.id, "train")
        range_of_time = {"start_time": utc_now(), "end_time": utc_now()}
        baselines.create(session, production, "range", "STATIC", range_of_time)
        baselines.create(session, production, "window", "ROLLING", {"offset_delta": 1, "window_bin_size": "Day"})

    catalog.write(make)
    kept = catalog.read(lambda session: environments.list_page(session, Listing())).items
    compared = catalog.read(lambda session: baselines.list_page(session, Listing())).items
    assert list(row_counts.of_environments(store, kept).values()) == [0, 0]
    counts = row_counts.of_baselines(store, compared)
    assert {row.name: counts[row.id] for row in compared} == {"range": 0, "train": 0, "window": None}
