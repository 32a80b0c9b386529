"""The authorization matrix: every operation of the live route table × every role (guarantees: identity)."""

from datetime import UTC, datetime, timedelta

import pytest
from litestar import Litestar, get

from ijaa.policies import POLICIES
from ijaa.shared.http.floor import HttpFloor
from ijaa.shared.principals import ADMIN_ROLES
from tests.asgi import client_of
from tests.fakes import FakeFeatureFlags, FakeTokenVerifier
from tests.figures import report
from tests.surface.matrix import Cell, call, fill
from tests.surface.requests import UNMAKEABLE, path_parameters
from tests.surface.world import ROLES, World

ANYBODYS = {"putRsvp", "deleteRsvp", "createComment", "uploadMedium"}
"""What is done at an event by those who do not run it."""
THE_OWNERS = {"deleteEvent", "putOrganiser", "deleteOrganiser"}
"""What is done to an event by the one alone whose it is."""
THE_DOORS = {"checkIn", "undoCheckIn"}
"""What is done to an event by whoever stands at its door, too."""
SEE_MORE = {"organiser", *ADMIN_ROLES}
"""Those to whom what is hidden from others may show."""


@pytest.fixture(scope="module")
async def cells(world: World) -> list[Cell]:
    """Return the whole matrix."""
    return await fill(world)


def test_the_matrix_is_whole(world: World, cells: list[Cell]) -> None:
    # mutant: a row without a route, which would guard nothing
    assert {operation.name for operation in world.operations} == POLICIES.keys()
    assert len({(cell.operation, cell.who) for cell in cells}) == len(POLICIES) * len(ROLES)
    report(f"authorization: {len(cells)} calls, {len(POLICIES)} operations × {len(ROLES)} roles")


def test_everybody_is_answered_as_the_table_says(cells: list[Cell]) -> None:
    # mutant: a wrong set of callers in a guard; `policy_of` that reads another row
    refused = {
        "unauthenticated": (401, "unauthenticated"),
        "forbidden": (403, "forbidden"),
        "to enrol first": (403, "totp-enrolment-required"),
    }
    assert [
        str(cell) for cell in cells if cell.expected != "let in" and (cell.status, cell.code) != refused[cell.expected]
    ] == []
    gated = {"unauthenticated", "step-up-required", "feature-disabled"}
    assert [str(cell) for cell in cells if cell.expected == "let in" and cell.code in gated] == []
    assert [str(cell) for cell in cells if cell.status >= 500] == []


def test_an_event_is_its_organisers_alone(world: World, cells: list[Cell]) -> None:
    # mutants: leave the check of the organiser out of a use case; take who checks people in for one who organises
    theirs = {
        operation.name
        for operation in world.operations
        if "{event_id}" in operation.path
        and operation.method != "GET"
        and operation.name not in ANYBODYS
        and "member" in POLICIES[operation.name].callers
    }
    acted = {(cell.operation, cell.who) for cell in cells if cell.operation in theirs and cell.status < 400}
    expected = {(one, "organiser") for one in theirs} | {(one, "co-organiser") for one in theirs - THE_OWNERS}
    assert acted == expected | {(one, "check-in helper") for one in THE_DOORS}


def test_a_refused_call_changes_nothing(cells: list[Cell]) -> None:
    # mutant: write first and look then who asks
    assert [str(cell) for cell in cells if cell.status >= 400 and cell.changed] == []


def test_reading_changes_nothing(world: World, cells: list[Cell]) -> None:
    reads = {operation.name for operation in world.operations if operation.method == "GET"}
    assert [str(cell) for cell in cells if cell.operation in reads and cell.changed] == []


def test_what_one_may_not_see_answers_like_what_is_not_there(cells: list[Cell]) -> None:
    # mutant: answer 403, or name the object, before looking whether the caller sees it
    told = {(cell.operation, cell.who, cell.form): cell for cell in cells}
    differing = [
        f"{cell}, but a missing one: {missing}"
        for cell in cells
        if cell.form == "hidden" and cell.who not in SEE_MORE
        for missing in [told[cell.operation, cell.who, "missing"]]
        if (cell.status, cell.said) != (missing.status, missing.said)
    ]
    assert differing == []


def test_the_requests_are_plausible(cells: list[Cell]) -> None:
    # without somebody who is served, all of the above would hold for a route that refuses everybody
    served = {cell.operation for cell in cells if cell.status < 400}
    assert POLICIES.keys() - served == UNMAKEABLE.keys()


async def test_what_is_sensitive_asks_for_a_fresh_proof(world: World) -> None:
    # mutant: forget `fresh` in the gate
    before, stale = await world.digests(), datetime.now(UTC) - timedelta(minutes=6)
    wrong = []
    for operation in world.operations:
        if not POLICIES[operation.name].fresh:
            continue
        callers = POLICIES[operation.name].callers
        who = next(who for who, role in ROLES.items() if role in callers and who not in {"expired", "unverified"})
        cell = await call(world, operation, who, "existing", before, await world.token(who, proved=stale))
        if (cell.status, cell.code, cell.changed) != (401, "step-up-required", ()):
            wrong.append(str(cell))
    assert wrong == []


async def test_a_digest_sees_a_single_letter(world: World) -> None:
    before = await world.digests()
    await world.databases["users"].execute("UPDATE profiles SET bio = 'x' WHERE username = 'ben'")
    assert await world.digests() != before
    await world.go_back()
    assert await world.digests() == before


async def test_a_route_without_a_row_stops_the_start() -> None:
    @get("/planted", operation_id="getPlanted")
    async def planted() -> None:
        return None

    app = Litestar(
        route_handlers=[planted],
        plugins=[HttpFloor(FakeTokenVerifier(), POLICIES, FakeFeatureFlags(), title="t", version="0")],
    )
    with pytest.RaisesGroup(pytest.RaisesExc(LookupError, match="getPlanted"), flatten_subgroups=True):
        async with client_of(app):
            raise AssertionError("it started")


def test_every_path_parameter_has_something_to_name(world: World) -> None:
    # a new kind of id is made up nowhere: say in world.py what is there and what is hidden
    known = {*world.ids, "session_id"}
    assert {name for operation in world.operations for name in path_parameters(operation)} - known == set()
