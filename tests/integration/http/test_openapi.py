"""The OpenAPI document says of every route who may call it and how it refuses."""

from typing import Any

import httpx
import pytest


@pytest.fixture
async def document(floor: httpx.AsyncClient) -> dict[str, Any]:
    found: dict[str, Any] = (await floor.get("/schema/openapi.json")).json()
    return found


def operation(document: dict[str, Any], name: str) -> dict[str, Any]:
    """Return one operation of the document."""
    every = [found for path in document["paths"].values() for found in path.values()]
    return next(found for found in every if found["operationId"] == name)


@pytest.mark.parametrize(
    ("name", "security"),
    [("createMine", [{"bearer": []}]), ("listBookings", [{"bearer": []}, {}]), ("getOpen", [])],
)
def test_security_is_that_of_the_policy(document: dict[str, Any], name: str, security: list[object]) -> None:
    # mutant: one `security` for the whole document; a client could not tell what needs a token
    assert "security" not in document
    assert operation(document, name)["security"] == security


def test_unknown_fields_are_said_to_be_refused_at_every_depth(document: dict[str, Any]) -> None:
    # mutant: say it of the body alone, not of what is in it
    schemas = document["components"]["schemas"]
    assert {schemas[name]["additionalProperties"] for name in ("Booking", "Seat", "BookingPatch")} == {False}
    assert "additionalProperties" not in schemas["ProblemDetails"]


def test_every_refusal_is_a_problem(document: dict[str, Any]) -> None:
    # mutant: leave Litestar's own `400 {status_code, detail, extra}` in, a shape nothing ever answers with
    refusals = {
        (name, status, *response["content"])
        for path in document["paths"].values()
        for name, found in path.items()
        for status, response in found["responses"].items()
        if int(status) >= 400
    }
    assert {media_type for *_, media_type in refusals} == {"application/problem+json"}
    shapes = {
        response["content"]["application/problem+json"]["schema"]["$ref"]
        for path in document["paths"].values()
        for found in path.values()
        for status, response in found["responses"].items()
        if int(status) >= 400
    }
    assert shapes == {"#/components/schemas/ProblemDetails"}


@pytest.mark.parametrize(
    ("name", "statuses"),
    [
        ("createMine", {201, 400, 401, 403, 404, 409, 413, 415, 422, 429, 503}),
        ("listBookings", {200, 400, 401, 422, 429, 503}),
        ("getOpen", {200, 400, 422, 503}),
        ("editBooking", {200, 400, 401, 404, 409, 412, 413, 415, 422, 429, 503}),
    ],
)
def test_refusals_are_those_a_route_can_give(document: dict[str, Any], name: str, statuses: set[int]) -> None:
    assert {int(status) for status in operation(document, name)["responses"]} == statuses
