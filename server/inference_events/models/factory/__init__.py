"""Propose a schema that fits a file, from a sample of its rows."""

from inference_events.models.factory.proposal import propose_columns

__all__ = ["propose_columns"]
