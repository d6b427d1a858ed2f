"""Put many models into the catalog of a new data directory: creating them one by one takes minutes."""

import sys
from pathlib import Path

from pydantic import SecretStr
from sqlalchemy import insert
from sqlalchemy.orm import Session

from inference_events.catalog import tokens
from inference_events.catalog.bootstrap import open_catalog
from inference_events.catalog.tables import Environment, Model, Project, new_id, utc_now
from inference_events.data_directory import DataDirectory
from inference_events.settings import Settings

COLUMNS = [{"name": "x", "data_type": "float"}]


def add(session: Session, count: int) -> None:
    """Add a project with models and their environments."""
    token = tokens.oldest_admin(session)
    assert token is not None
    organization = session.connection().exec_driver_sql("SELECT id FROM organizations").scalar()
    project = Project(name="many", organization_id=organization)
    session.add(project)
    session.flush()
    now = utc_now()
    common = {
        "project_id": project.id,
        "version": "v1",
        "input_type": "structured",
        "task": "not_set",
        "task_params": {},
        "schema": {"schema_version": 1, "columns": COLUMNS},
        "spec": {"schema_version": 1, "inputs": ["x"]},
        "xai_params": {},
        "created_at": now,
        "updated_at": now,
        "created_by_id": token.id,
        "updated_by_id": token.id,
    }
    rows = [{**common, "id": new_id(), "name": f"model_{n:05}", "folded_name": f"model_{n:05}"} for n in range(count)]
    session.execute(insert(Model), rows)
    production = [
        {"id": new_id(), "model_id": row["id"], "type": "PRODUCTION", "name": "production", "folded_name": "production"}
        for row in rows
    ]
    session.execute(insert(Environment), production)


def main(data_dir: str, token: str, count: str) -> None:
    """Fill a data directory, whose preset admin token is `token`."""
    directory = DataDirectory(Path(data_dir))
    catalog, _ = open_catalog(Settings(admin_token=SecretStr(token)), directory)
    catalog.write(lambda session: add(session, int(count)))
    catalog.close()
    directory.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
