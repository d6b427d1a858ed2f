"""Periods and intervals of pandas, which Parquet files keep as extension types."""

import json
from typing import Any

import numpy as np
import pyarrow as pa

from inference_events.events.ingest.plain_values import plain_values

EXTENSION = b"ARROW:extension:name"
PARAMETERS = b"ARROW:extension:metadata"
PERIOD = "pandas.period"
INTERVAL = "pandas.interval"
BRACKETS = {"left": "[)", "right": "(]", "both": "[]", "neither": "()"}
# Periods count from 1970, as NumPy's times of these units do.
PERIOD_UNITS = {"Y-DEC": "Y", "M": "M", "D": "D", "h": "h", "min": "m", "s": "s", "ms": "ms", "us": "us", "ns": "ns"}


def pandas_type(field: pa.Field) -> str | None:
    """Return the name of an extension type if it is one of pandas' periods or intervals."""
    name, _ = _extension(field)
    return name if name in (PERIOD, INTERVAL) else None


def values_of(array: pa.Array, field: pa.Field) -> list[Any]:
    """Return the values of pandas' periods and intervals as pandas writes them, and those of any other type."""
    name, parameters = _extension(field)
    if name in (PERIOD, INTERVAL) and isinstance(array.type, pa.BaseExtensionType):
        array = array.storage
    if name == PERIOD and pa.types.is_integer(array.type) and parameters.get("freq") in PERIOD_UNITS:
        return _periods(array, PERIOD_UNITS[parameters["freq"]])
    if name == INTERVAL and _has_two_ends(array.type) and parameters.get("closed") in BRACKETS:
        brackets = BRACKETS[parameters["closed"]]
        ends = plain_values(array)
        return [None if e is None else f"{brackets[0]}{e['left']}, {e['right']}{brackets[1]}" for e in ends]
    return plain_values(array)


def _has_two_ends(kind: pa.DataType) -> bool:
    return pa.types.is_struct(kind) and sorted(field.name for field in kind) == ["left", "right"]


def _extension(field: pa.Field) -> tuple[str, dict[str, str]]:
    """Return the name and the parameters of an extension type, whether or not Arrow knows it here."""
    if isinstance(field.type, pa.ExtensionType):
        name, parameters = field.type.extension_name, field.type.__arrow_ext_serialize__()
    else:
        metadata = field.metadata or {}
        name, parameters = metadata.get(EXTENSION, b"").decode(errors="replace"), metadata.get(PARAMETERS, b"")
    return name, _parameters(parameters) if name in (PERIOD, INTERVAL) else {}


def _parameters(text: bytes) -> dict[str, str]:
    """Read the metadata that pandas wrote with a type. A file may have any text there."""
    try:
        parameters = json.loads(text)
    except ValueError:
        return {}
    return parameters if isinstance(parameters, dict) else {}


def _periods(ordinals: pa.Array, unit: str) -> list[Any]:
    counts = ordinals.cast(pa.int64()).fill_null(0).to_numpy(zero_copy_only=False)
    minutes = ":00" if unit == "h" else ""
    texts = [text.replace("T", " ") + minutes for text in np.datetime_as_string(counts.view(f"datetime64[{unit}]"))]
    return [None if null else text for null, text in zip(ordinals.is_null().to_pylist(), texts, strict=True)]
