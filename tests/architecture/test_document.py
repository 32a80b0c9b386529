"""The OpenAPI document of the whole application: whatever a client may send has a limit (guarantees: input)."""

from collections.abc import Iterator
from typing import Any

from ijaa.app import create_app
from ijaa.settings import read_settings
from ijaa.shared.http.description import _strict
from tests.unit.test_settings import GOOD

_NEEDED = {
    "string": {"maxLength"},
    "integer": {"minimum", "maximum"},
    "number": {"minimum", "maximum"},
    "array": {"maxItems"},
}
_LIMITS = {limit for needed in _NEEDED.values() for limit in needed}
_SHORT = {"date-time", "date", "time", "uuid", "binary"}
_FREE = {"evaluateFlag body.context", "evaluateFlags body.context"}
"""What OFREP leaves open."""


def unlimited(schemas: dict[str, Any], said: dict[str, Any], path: str, around: frozenset[str]) -> Iterator[str]:
    """Yield where something could be of any size; limits beside `oneOf` hold for each of it."""
    if "$ref" in said:
        said = schemas[said["$ref"].rpartition("/")[2]]
    limits = around | (said.keys() & _LIMITS)
    for one in (*said.get("oneOf", ()), *said.get("anyOf", ())):
        yield from unlimited(schemas, one, path, limits)
    if said.keys() & {"enum", "const", "oneOf", "anyOf"}:
        return
    kind = said["type"]
    if _NEEDED.get(kind, set()) - limits and said.get("format") not in _SHORT:
        yield f"{path}: {kind}"
    if kind == "array":
        yield from unlimited(schemas, said["items"], f"{path}[]", frozenset())
    if kind == "object":
        yield from _inside(schemas, said, path)


def _inside(schemas: dict[str, Any], said: dict[str, Any], path: str) -> Iterator[str]:
    if said.get("additionalProperties") is not False and path not in _FREE:
        yield f"{path}: object"
    for name, one in said.get("properties", {}).items():
        yield from unlimited(schemas, one, f"{path}.{name}", frozenset())


def test_everything_a_client_may_send_has_a_limit() -> None:
    # mutants: a string without a length; a list whose entries have none; a range whose lower end is 0 and is left out
    app = create_app(read_settings(GOOD))
    document = _strict(app.openapi_schema.to_schema())
    schemas, found = document["components"]["schemas"], []
    for path in document["paths"].values():
        for one in path.values():
            for parameter in one.get("parameters", ()):
                place = f"{one['operationId']} {parameter['name']}"
                found += unlimited(schemas, parameter["schema"], place, frozenset())
            for content in one.get("requestBody", {}).get("content", {}).values():
                found += unlimited(schemas, content["schema"], f"{one['operationId']} body", frozenset())
    assert found == []
