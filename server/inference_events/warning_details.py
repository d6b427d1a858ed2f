"""Warnings of probable mistakes in accepted requests. Reasons and fields: `WarningDetail` in `openapi.yaml`."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from inference_events.events.ingest.time_formats import time_format
from inference_events.messages import quote, truncate
from inference_events_api import types as t

DATE_LIKE_NUMBER = "date_like_number"
FORMAT_NOT_SAFE = "format_not_safe"
FEATURE_NOT_COMPUTED = "feature_not_computed"
THRESHOLD_LIKE_SHARE = "threshold_like_share"
MAX_WARNINGS = 100

# Keyed by the type of a custom feature in the vendor's client.
_NOT_COMPUTED = {
    "ENRICHMENT": "no enrichments: to have its values, publish them as columns",
    "FROM_TEXT_EMBEDDING": "no clusters of text embeddings",
    "FROM_IMAGE_EMBEDDING": "no clusters of image embeddings",
    "FROM_VECTOR": "no clusters of vectors",
    "FROM_COLUMNS": "no clusters of columns",
}


def date_like_number(column: str, count: int) -> t.WarningDetail:
    """Warn of times that are numbers of eight digits and look like dates."""
    return {
        "reason": DATE_LIKE_NUMBER,
        "message": f"{quote(column)} holds numbers that look like dates (YYYYMMDD) and were read as seconds since 1970;"
        " if they are dates, set the model's event_ts_format to %Y%m%d",
        "column": column,
        "count": count,
    }


def format_not_safe(format: str | None) -> Iterator[t.WarningDetail]:
    """Warn of an `event_ts_format` that no new model may have: Python reads it differently on other machines."""
    for fault in () if format is None else time_format(format).faults:
        message = f"event_ts_format {quote(format or '')}: {fault}; no new model may have it"
        yield {"reason": FORMAT_NOT_SAFE, "message": message}


def features_not_computed(features: Iterable[Mapping[str, Any]]) -> Iterator[t.WarningDetail]:
    """Warn of the custom features of a model's `spec`: they are kept, but their values are never computed."""
    for feature in features:
        what = _NOT_COMPUTED.get(str(feature.get("type")), "no custom features")
        name = feature.get("name")
        if isinstance(name, str):
            message = f"The custom feature {quote(name)} is stored, but this server computes {what}"
            yield {"reason": FEATURE_NOT_COMPUTED, "message": message, "feature": truncate(name)}
        else:
            message = f"A custom feature without a name is stored, but this server computes {what}"
            yield {"reason": FEATURE_NOT_COMPUTED, "message": message}


def threshold_like_share(field: str) -> t.WarningDetail:
    """Warn of a threshold of a percentage that looks like a share of 1."""
    return {
        "reason": THRESHOLD_LIKE_SHARE,
        "message": f"{field} lies between 0 and 1, and the metric is a percentage from 0 to 100; 5 means 5 %",
    }
