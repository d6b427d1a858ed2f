"""Data revisions as clients see them: opaque text, which they can only send back."""

from inference_events.events.types import DataRevision


def encode_revision(*revisions: DataRevision) -> str:
    """Return the data revisions that a figure was computed from as text, in the order given."""
    return "-".join(f"{revision.changes}.{revision.last}" for revision in revisions)


def is_unchanged(known: str | None, *revisions: DataRevision) -> bool:
    """Report whether `known` is the text of these revisions. Any other text, valid or not, is not."""
    return known == encode_revision(*revisions)
