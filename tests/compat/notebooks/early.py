"""The server with a fast clock for its alerts: `python -m tests.compat.notebooks.early SECONDS serve ...`."""

import sys
from datetime import datetime, timedelta

from inference_events.alerts.evaluator import AlertEvaluator
from inference_events.catalog.tables import utc_now
from inference_events.cli import app


def main() -> None:
    """Run the server."""
    ahead = timedelta(seconds=float(sys.argv.pop(1)))

    def fast() -> datetime:
        return utc_now() + ahead

    AlertEvaluator.__init__.__kwdefaults__["now"] = fast  # type: ignore[misc]
    app()


if __name__ == "__main__":
    main()
