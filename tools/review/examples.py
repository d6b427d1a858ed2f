"""Check that every example in openapi.yaml is valid for its schema.

Run as `python -m tools.review.examples`. Exits 1 if one is not.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from inference_events.http.parameters import CONTENT
from inference_events.http.schemas import to_json_schema
from inference_events.http.validation import Validator
from inference_events.references import escape
from tools.review.document import Document, Node, component


@dataclass(frozen=True, slots=True)
class Example:
    """One example: `place` leads to it in the document, `model` names the component of its schema, if any."""

    place: str
    value: Any
    schema: Node
    model: str


class ExampleCheck:
    """Validate examples as the server validates what it receives and sends."""

    def __init__(self, document: Document) -> None:
        schemas = document.root.get("components", {}).get("schemas", {})
        self._definitions = {"schemas": {name: to_json_schema(schema) for name, schema in schemas.items()}}

    def faults(self, example: Example) -> list[str]:
        """Return the faults of an example with their places; nothing if it is valid."""
        validator = Validator(to_json_schema(example.schema), self._definitions)
        return [f"{fault.pointer or '/'} {fault.message}" for fault in validator.faults(example.value)]


def examples(document: Document) -> Iterator[Example]:
    """Yield every example of the document: of bodies, parameters, headers, schemas and fields."""
    yield from _below(document, document.root, "")


def _below(document: Document, node: Any, place: str, named: bool = False) -> Iterator[Example]:
    """Walk down; the keys of a `named` mapping are names of fields, not keywords."""
    if isinstance(node, list):
        for index, item in enumerate(node):
            yield from _below(document, item, f"{place}/{index}")
    elif isinstance(node, Mapping):
        if not named:
            yield from _beside(document, node, place)
        for key, child in node.items():
            if named or key not in ("example", "examples", "default", "enum"):
                part = escape(str(key))
                yield from _below(document, child, f"{place}/{part}", named=key == "properties" and not named)


def _beside(document: Document, node: Node, place: str) -> Iterator[Example]:
    schema = node.get("schema", node)
    if "example" in node:
        yield Example(f"{place}/example", node["example"], schema, component(schema))
        if CONTENT in node:
            yield Example(f"{place}/example", json.loads(node["example"]), node[CONTENT], "")
    if isinstance(named := node.get("examples"), Mapping) and "schema" in node:
        for name, example in named.items():
            value = document.resolve(example)["value"]
            yield Example(f"{place}/examples/{name}", value, schema, component(schema))


def main(
    spec: Annotated[Path, typer.Option(help="The OpenAPI document.")] = Path("openapi.yaml"),
) -> None:
    """Print a line for each example that is not valid; exit 1 if there is one."""
    document = Document.load(spec)
    check = ExampleCheck(document)
    found = list(examples(document))
    broken = [f"{example.place}: {fault}" for example in found for fault in check.faults(example)]
    for line in broken:
        typer.echo(line, err=True)
    typer.echo(f"{len(found)} examples, {len(broken)} faults")
    raise typer.Exit(1 if broken else 0)


if __name__ == "__main__":
    typer.run(main)
