"""The schema that would fit a file: a sample of its rows, and what each column of them holds."""

from inference_events.models.factory.proposal import propose_columns

__all__ = ["propose_columns"]
