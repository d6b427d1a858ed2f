"""Why a catalog's database cannot be used. No message shows a password."""


class CatalogError(RuntimeError):
    """Say why a catalog cannot be opened."""


class DatabaseUrlInvalid(CatalogError):
    """Say that a URL does not name a database."""


class DatabaseUnusable(CatalogError):
    """Say that no database answers at a URL, or that it does not let this program work, and why."""


class DatabaseTooOld(CatalogError):
    """Say that the server of a database is too old for this program."""


class ProgramTooOld(CatalogError):
    """Say that a newer version of the program has changed the schema, and how that shows."""


class SchemaIncomplete(CatalogError):
    """Say what a database of the newest schema lacks."""
