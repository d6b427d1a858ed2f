"""The fuzz follows every link of the contract, and generators read the contract."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from tests.contract.fuzz import CONTRACT
from tests.contract.fuzz.links import LINKS, write_contract


def bodies(contract: Any) -> Iterator[tuple[tuple[str, str, str, str], Any]]:
    """Yield path, method, status and name of each link with a body, and that body."""
    for path, item in contract["paths"].items():
        for method, operation in item.items():
            for status, response in operation.get("responses", {}).items() if isinstance(operation, dict) else ():
                for name, link in response.get("links", {}).items():
                    if "requestBody" in link:
                        yield (path, method, status, name), link["requestBody"]


def test_no_link_of_the_contract_has_a_body() -> None:
    """openapi.yaml has no body in a link, because openapi-generator accepts only text there."""
    assert list(bodies(yaml.safe_load(CONTRACT.read_text(encoding="utf-8")))) == []


def test_the_fuzz_knows_the_bodies_of_links(tmp_path: Path) -> None:
    """The fuzz reads openapi.yaml with the bodies that links.yaml adds, and each belongs to a link of the contract."""
    added = dict(bodies(yaml.safe_load(LINKS.read_text(encoding="utf-8"))))
    contract = json.loads(write_contract(tmp_path).read_text(encoding="utf-8"))
    assert dict(bodies(contract)) == added
    for path, method, status, name in added:
        assert contract["paths"][path][method]["responses"][status]["links"][name]["operationId"]
    assert len(added) == 6
