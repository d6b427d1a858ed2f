"""Custom features, as far as a drift can use them: those made of columns, and those of an embedding in the data."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from inference_events.monitoring.subject import Kind, Subject

EMBEDDINGS = ("FROM_VECTOR", "FROM_TEXT_EMBEDDING", "FROM_IMAGE_EMBEDDING")


@dataclass(frozen=True)
class Feature:
    """A custom feature. It has the name of a vector column, or columns, or neither, as enrichments have."""

    name: str
    embedding: str | None = None
    columns: tuple[str, ...] = ()


def features(subject: Subject) -> dict[str, Feature]:
    """Return a model's custom features by name. The model keeps them as they were sent, so anything may be in them."""
    found = (_feature(subject, one) for one in subject.custom_features if isinstance(one.get("name"), str))
    return {feature.name: feature for feature in found}


def _feature(subject: Subject, sent: Mapping[str, Any]) -> Feature:
    name, columns = sent["name"], sent.get("columns")
    if sent.get("type") == "FROM_COLUMNS" and isinstance(columns, list):
        return Feature(name, columns=tuple(one for one in columns if isinstance(one, str)))
    column = sent.get("column")
    is_vector = isinstance(column, str) and column in subject.columns and subject.kind(column) is Kind.VECTOR
    return Feature(name, embedding=column if sent.get("type") in EMBEDDINGS and is_vector else None)
