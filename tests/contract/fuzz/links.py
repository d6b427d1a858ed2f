"""The contract that the fuzz reads: openapi.yaml with bodies for its links."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from tests.contract.fuzz import CONTRACT

LINKS = Path(__file__).with_suffix(".yaml")


def write_contract(folder: Path) -> Path:
    """Write the contract with the bodies of links, as JSON, and return its path."""
    contract, links = (yaml.safe_load(path.read_text(encoding="utf-8")) for path in (CONTRACT, LINKS))
    target = folder / "openapi.json"
    target.write_text(json.dumps(merge_patch(contract, links), default=str), encoding="utf-8")
    return target


def merge_patch(value: Any, patch: Any) -> Any:
    """Return a JSON value with a merge patch (RFC 7396) applied."""
    if not isinstance(patch, Mapping):
        return patch
    merged = dict(value) if isinstance(value, Mapping) else {}
    for key, change in patch.items():
        if change is None:
            merged.pop(key, None)
        else:
            merged[key] = merge_patch(merged.get(key), change)
    return merged
