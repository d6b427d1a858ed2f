"""Multipart forms as the contract describes them: one file, and short text fields."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from inference_events.errors import BadRequest
from inference_events.http.parameters import argument_name, scalar
from inference_events.http.schemas import to_json_schema
from inference_events.http.validation import Validator


@dataclass(frozen=True, slots=True)
class Form:
    """Describe the parts of a form, none of which is there twice: `file` names the one that is a file.

    `kinds` are the JSON types of the other parts, `uuids` the parts that are ids; `validator` checks their values.
    """

    file: str
    kinds: Mapping[str, str]
    uuids: frozenset[str]
    validator: Validator

    @classmethod
    def from_schema(cls, schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> "Form":
        """Read the schema of a form, which has one property of the format `binary`."""
        properties = schema["properties"]
        file = next(name for name, one in properties.items() if one.get("format") == "binary")
        texts = {name: one for name, one in properties.items() if name != file}
        required = [name for name in schema.get("required", ()) if name in texts]
        rest = {"type": "object", "required": required, "properties": texts}
        return cls(
            file=file,
            kinds={name: one["type"] for name, one in texts.items()},
            uuids=frozenset(name for name, one in texts.items() if one.get("format") == "uuid"),
            validator=Validator(to_json_schema(rest), definitions),
        )

    def values(self, texts: Mapping[str, str]) -> dict[str, Any]:
        """Convert and check the text fields. Raises BadRequest with every fault's place."""
        values = {name: scalar(text, self.kinds[name], name in self.uuids) for name, text in texts.items()}
        faults = self.validator.faults(values)
        if faults:
            raise BadRequest.with_details(*faults)
        return values

    def arguments(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return the values by their names in Python."""
        return {argument_name("form", name): value for name, value in values.items()}
