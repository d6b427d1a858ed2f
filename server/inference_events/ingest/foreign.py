"""Turn columns of types that Parquet and pandas have, but not JSON and CSV, into text as pandas writes it."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import numpy as np
import pyarrow as pa

EXTENSION = b"ARROW:extension:name"
PARAMETERS = b"ARROW:extension:metadata"
PERIOD = "pandas.period"
INTERVAL = "pandas.interval"
BRACKETS = {"left": "[)", "right": "(]", "both": "[]", "neither": "()"}
# Periods count from 1970, as NumPy's times of these units do.
PERIOD_UNITS = {"Y-DEC": "Y", "M": "M", "D": "D", "h": "h", "min": "m", "s": "s", "ms": "ms", "us": "us", "ns": "ns"}


def plain_column(array: pa.Array, field: pa.Field) -> pa.Array:
    """Return durations, times of day, UUIDs, periods, intervals and bytes that are UTF-8 as text.

    `field` is that of the file; other columns stay as they are.
    """
    name, parameters = _extension(field)
    if isinstance(array.type, pa.BaseExtensionType) and name in (PERIOD, INTERVAL):
        array = array.storage
    if name == PERIOD and parameters["freq"] in PERIOD_UNITS:
        return _periods(array, PERIOD_UNITS[parameters["freq"]])
    if name == INTERVAL:
        brackets = BRACKETS[parameters["closed"]]
        return _texts(array, lambda ends: f"{brackets[0]}{ends['left']}, {ends['right']}{brackets[1]}")
    if pa.types.is_duration(array.type):
        return _texts(array.cast(pa.duration("us"), safe=False), _duration)
    if pa.types.is_time(array.type) or isinstance(array.type, pa.UuidType):
        return _texts(array, str)
    if pa.types.is_binary(array.type) or pa.types.is_large_binary(array.type):
        return _decoded(array)
    return array


def _extension(field: pa.Field) -> tuple[str, dict[str, str]]:
    """Return the name and the parameters of an extension type, be it known to Arrow here or not."""
    if isinstance(field.type, pa.ExtensionType):
        name, parameters = field.type.extension_name, field.type.__arrow_ext_serialize__()
    else:
        metadata = field.metadata or {}
        name, parameters = metadata.get(EXTENSION, b"").decode(), metadata.get(PARAMETERS, b"")
    return name, json.loads(parameters) if name in (PERIOD, INTERVAL) else {}


def _texts(array: pa.Array, write: Callable[[Any], str]) -> pa.Array:
    return pa.array([None if value is None else write(value) for value in array.to_pylist()], pa.string())


def _periods(ordinals: pa.Array, unit: str) -> pa.Array:
    counts = ordinals.fill_null(0).to_numpy(zero_copy_only=False)
    minutes = ":00" if unit == "h" else ""
    texts = [text.replace("T", " ") + minutes for text in np.datetime_as_string(counts.view(f"datetime64[{unit}]"))]
    return pa.array(texts, pa.string(), mask=ordinals.is_null().to_numpy(zero_copy_only=False))


def _duration(length: timedelta) -> str:
    minutes, seconds = divmod(length.seconds, 60)
    hours, minutes = divmod(minutes, 60)
    sign = "+" if length.days < 0 else ""
    fraction = f".{length.microseconds:06}" if length.microseconds else ""
    return f"{length.days} days {sign}{hours:02}:{minutes:02}:{seconds:02}{fraction}"


def _decoded(array: pa.Array) -> pa.Array:
    try:
        return array.cast(pa.string())
    except pa.ArrowInvalid:
        return array
