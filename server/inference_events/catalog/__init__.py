"""Everything that the server stores besides events: projects, models, datasets, files, jobs, tokens and responses.

Each module is one noun. Its functions take the session of `Catalog.read` or `Catalog.write` and return rows, which
stay readable after the transaction. Changes of a row outside a write are not stored.
"""

from inference_events.catalog.database import Catalog

__all__ = ["Catalog"]
