"""Errors of opening a catalog. No message shows a password."""


class CatalogError(RuntimeError):
    """A catalog cannot be opened."""


class DatabaseUrlInvalid(CatalogError):
    """A URL does not name a database."""


class DatabaseUnusable(CatalogError):
    """No database responds at a URL, or it refuses this program. The message says why."""


class DatabaseTooOld(CatalogError):
    """A database server is too old for this program."""


class ProgramTooOld(CatalogError):
    """A newer version of the program has changed the schema. The message says how that shows."""


class SchemaIncomplete(CatalogError):
    """A database with the newest schema lacks columns. The message names them."""
