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

    defaults = AlertEvaluator.__init__.__kwdefaults__
    assert defaults is not None
    defaults["now"] = fast
    app()


if __name__ == "__main__":
    main()
