"""What the server knows besides events: projects, models, datasets, files, jobs, tokens and answers.

Each module is one noun. Its functions take the session of `Catalog.read` or `Catalog.write` and return rows,
which stay readable after the transaction. Changing a row outside of a write changes nothing that is kept.
"""

from inference_events.catalog.database import Catalog

__all__ = ["Catalog"]
