"""Events with their long texts cut, for a table that shows the beginning of each."""

from collections.abc import Mapping
from typing import Any

from inference_events_api import types as t


def preview(event: t.StoredEvent, characters: int) -> t.StoredEvent:
    """Return an event with each text cut to so many characters. `shortened` names the columns with a cut text."""
    values, undeclared = _cut(event["values"], characters), _cut(event["undeclared"], characters)
    violations = [_cut(violation, characters, "value") for violation in event["violations"]]
    names = [name for name, value in event["values"].items() if values[name] != value]
    names += [name for name, value in event["undeclared"].items() if undeclared[name] != value]
    names += [old["column"] for old, new in zip(event["violations"], violations, strict=True) if new != old]
    shortened: t.StoredEvent = {**event, "values": values, "undeclared": undeclared, "violations": violations}
    if names:
        shortened["shortened"] = list(dict.fromkeys(names))
    return shortened


def _cut(value: Any, characters: int, *names: str) -> Any:
    """Return a value with its texts cut; of an object only those under `names`, if any are given."""
    if isinstance(value, str):
        return value[:characters]
    if isinstance(value, list):
        return [_cut(item, characters) for item in value]
    if isinstance(value, Mapping):
        return {name: _cut(item, characters) if not names or name in names else item for name, item in value.items()}
    return value
