"""Operations of the tag Monitoring."""

from sqlalchemy.orm import Session

from inference_events.catalog import Catalog, models
from inference_events.monitoring import fql
from inference_events.monitoring.definitions.rules import stored_subject
from inference_events.monitoring.subject import Subject
from inference_events.operations import views
from inference_events_api import types as t


class MonitoringOperations:
    """Serve what the server finds out about definitions and events."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    async def check_definition(self, *, body: t.CheckDefinitionRequest) -> t.CheckDefinitionResponse:
        def find(session: Session) -> Subject:
            return stored_subject(session, models.get(session, body["model_id"]))

        return views.envelope(_checked(body, await self._catalog.aread(find)))


def _checked(body: t.CheckDefinitionRequest, subject: Subject) -> t.DefinitionCheck:
    is_segment = body["kind"] == "segment"
    try:
        compiled = (fql.compile_segment if is_segment else fql.compile_metric)(body["definition"], subject)
    except fql.FqlError as error:
        return {
            "valid": False,
            "message": error.message,
            "position": error.position,
            "hint": error.hint,
            "columns": [],
        }
    return {
        "valid": True,
        "message": None,
        "position": None,
        "hint": None,
        "columns": list(compiled.columns),
        "type": "Boolean" if is_segment else "Number",
    }
