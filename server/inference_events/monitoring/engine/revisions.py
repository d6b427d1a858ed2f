"""Data revisions as clients see them: opaque text, which they can only send back."""

from inference_events.events.types import DataRevision


def encode_revision(*revisions: DataRevision) -> str:
    """Return the data revisions that a figure was computed from as text, in the order given."""
    return "-".join(f"{revision.changes}.{revision.last}" for revision in revisions)
