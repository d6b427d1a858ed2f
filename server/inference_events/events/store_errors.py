"""Errors of stores. `args` are facts for the caller's message."""

from collections.abc import Sequence


class StoreError(Exception):
    """The store refuses a call for a reason that the caller can act on."""


class StoreUnreadable(StoreError):
    """The engine cannot open what it kept. `args` is why."""


class StoreTooNew(StoreError):
    """A newer version wrote what is kept. `args` are its format and the newest format that is known here."""


class StoreOutdated(StoreError):
    """An older version wrote what is kept, and it must be migrated first. `args` are as in StoreTooNew."""


class StoreTooOld(StoreError):
    """A version that is too old to be migrated wrote what is kept. `args` says how that shows."""


class StoreClosed(StoreError):
    """The store is closed, or is closing. It accepts no more calls."""


class Retryable(StoreError):
    """The store could not do the call now, or cannot know whether it did. The same call may be made again."""


class ModelUnknown(StoreError):
    """The model has no table: it was never defined, or it was dropped."""


class RecordExists(StoreError):
    """Some requests of a write have records, and nothing was written. `args` are their indexes in `Write.records`."""


class RevisionChanged(StoreError):
    """The batch was made for another revision of the model's schema. Make it again."""


class SearchTimeout(StoreError):
    """The search takes longer than it may, and nothing is known of what it would find."""


class LossyRetyping(StoreError):
    """A column's stored values do not all have a counterpart in its new type. `args` names the columns."""


class TooManyColumns(StoreError):
    """All models together would have more columns than the store may hold. `args` is the limit."""


class OutOfTurn(StoreError):
    """The chunk does not begin where its job has come to: one before it is not committed."""


class Fenced(StoreError):
    """A later run of the job has started, or the job is closed. This run must stop."""


class JobClosed(Fenced):
    """The job is not open: it has ended, or was never accepted."""


class ContentConflict(StoreError):
    """A dataset holds other content for these ids. `rows` are their places in the batch."""

    def __init__(self, rows: Sequence[int]) -> None:
        super().__init__("other content is stored for these ids")
        self.rows = list(rows)
