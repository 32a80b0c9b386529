"""A small application on the real floor: what every route promises, without a module."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated

import httpx
import msgspec
import pytest
from litestar import Litestar, Router, get, patch, post
from litestar.params import FromPath, HeaderParameter, JSONBody, PathParameter, QueryParameter
from msgspec import Meta

from ijaa.shared.http.floor import HttpFloor, observed
from ijaa.shared.http.policies import EVERYBODY, MEMBERS, NOT_ASKED, Policy
from ijaa.shared.http.requests import BODY_LIMIT
from ijaa.shared.principals import InvalidTokenError, Principal
from ijaa.shared.schema import MAX_ID, Body, Patch
from tests.asgi import client_of
from tests.fakes import FakeFeatureFlags

MEMBER = Principal("USER_1", "asha", "s1")
POLICIES = {
    **dict.fromkeys(("createBooking", "editBooking", "listBookings", "getBroken", "getWord"), Policy(EVERYBODY)),
    "createMine": Policy(MEMBERS),
    "getOpen": Policy(NOT_ASKED, limit="none"),
}


class Seat(Body):
    """A place."""

    row: Annotated[int, Meta(ge=1, le=99)]
    letter: Annotated[str, Meta(pattern="^[A-F]$")]


class Booking(Body):
    """A body with everything in it."""

    name: Annotated[str, Meta(min_length=1, max_length=20)]
    at: Annotated[datetime, Meta(tz=True)]
    seats: Annotated[tuple[Seat, ...], Meta(max_length=5)] = ()
    note: Annotated[str, Meta(max_length=20)] | None = None


class BookingPatch(Patch):
    """A merge patch."""

    name: Annotated[str, Meta(min_length=1, max_length=20)] | msgspec.UnsetType = msgspec.UNSET
    note: Annotated[str, Meta(max_length=20)] | msgspec.UnsetType | None = msgspec.UNSET


class KnownToken:
    """Knows one good token."""

    async def verify(self, token: str) -> Principal:
        if token != "good":
            raise InvalidTokenError(token)
        return MEMBER


@post("/bookings", operation_id="createBooking")
async def create_booking(data: JSONBody[Booking]) -> Booking:
    return data


@patch("/bookings/{booking_id:int}", operation_id="editBooking")
async def edit_booking(
    booking_id: Annotated[int, PathParameter(ge=1, le=MAX_ID)],
    data: JSONBody[BookingPatch],
    if_match: Annotated[str | None, HeaderParameter(name="If-Match", max_length=100)] = None,  # noqa: ARG001 - declared
) -> dict[str, object]:
    return {"id": booking_id, "changes": data.changes()}


@get("/bookings", operation_id="listBookings")
async def list_bookings(
    limit: Annotated[int, QueryParameter(ge=1, le=100)] = 20,
    since: Annotated[Annotated[datetime, Meta(tz=True)] | None, QueryParameter(name="from")] = None,
    q: Annotated[str | None, QueryParameter(max_length=10)] = None,
) -> dict[str, object]:
    return {"limit": limit, "from": since, "q": q}


@post("/mine", operation_id="createMine")
async def mine(data: JSONBody[Booking]) -> str:
    return data.name


@get("/open", operation_id="getOpen")
async def opened() -> str:
    return "open"


@get("/broken", operation_id="getBroken")
async def broken() -> None:
    raise RuntimeError("SELECT secret FROM /etc/passwd")


@get("/word/{word:str}", operation_id="getWord")
async def word(word: FromPath[str]) -> str:
    return word


@pytest.fixture
async def floor() -> AsyncIterator[httpx.AsyncClient]:
    app = observed(
        Litestar(
            route_handlers=[
                Router(
                    "/api/v1",
                    route_handlers=[create_booking, edit_booking, list_bookings, mine, opened, broken, word],
                ),
            ],
            plugins=[
                HttpFloor(
                    KnownToken(),
                    POLICIES,
                    FakeFeatureFlags(),
                    title="t",
                    version="0",
                    cors_origins=["https://alumni.example"],
                )
            ],
            request_max_body_size=BODY_LIMIT,
        ),
        secure=True,
    )
    async with client_of(app) as client:
        yield client
