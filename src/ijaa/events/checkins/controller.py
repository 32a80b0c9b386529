"""Routes of the door."""

from typing import Annotated

from litestar import Controller, Router, delete, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import JSONBody, PathParameter, QueryParameter

from ijaa.events.checkins.schemas import AttendanceRead, CheckedIn, CheckIn, ExpectedRead
from ijaa.events.checkins.service import CheckInService
from ijaa.shared.pages import Page
from ijaa.shared.principals import Principal
from ijaa.shared.schema import MAX_ID

EventId = Annotated[int, PathParameter(ge=1, le=MAX_ID)]
Username = Annotated[str, PathParameter(min_length=1, max_length=100)]


class CheckInController(Controller):
    """The door of an event, for those who stand at it."""

    path = "/events/{event_id:int}/check-in"
    tags = ("Attendance",)

    @post(operation_id="checkIn", summary="Let somebody in", status_code=200)
    async def check_in(
        self,
        caller: NamedDependency[Principal],
        door: NamedDependency[CheckInService],
        event_id: EventId,
        data: JSONBody[CheckIn],
    ) -> CheckedIn:
        """Note that somebody with a seat came, by the code of his ticket or his name.

        From 12 hours before the event to 24 after it. The second time answers the same, with `already`; `at` is when
        it was, for what is sent later. A code that is refused is 422 `ticket-refused`.
        """
        return await door.check_in(caller, event_id, data)

    @get(operation_id="listExpected", summary="List who is expected")
    async def expected(
        self,
        caller: NamedDependency[Principal],
        door: NamedDependency[CheckInService],
        event_id: EventId,
        *,
        q: Annotated[str | None, QueryParameter(max_length=100)] = None,
        checked_in: Annotated[bool | None, QueryParameter()] = None,
        cursor: Annotated[str | None, QueryParameter(max_length=500)] = None,
        limit: Annotated[int, QueryParameter(ge=1, le=100)] = 20,
    ) -> Page[ExpectedRead]:
        """Give who has a seat and when he came; `q` finds names, in pages that may be short and go on."""
        return await door.expected(caller, event_id, q, cursor, limit, checked_in=checked_in)

    @delete("/{username:str}", operation_id="undoCheckIn", summary="Take a check-in back")
    async def undo(
        self,
        caller: NamedDependency[Principal],
        door: NamedDependency[CheckInService],
        event_id: EventId,
        username: Username,
    ) -> None:
        """Forget that somebody came."""
        await door.undo(caller, event_id, username)


class AttendanceController(Controller):
    """How many came."""

    path = "/events/{event_id:int}/attendance"
    tags = ("Attendance",)

    @get(operation_id="getAttendance", summary="Read the attendance")
    async def attendance(
        self, caller: NamedDependency[Principal], door: NamedDependency[CheckInService], event_id: EventId
    ) -> AttendanceRead:
        """Give the numbers to whoever runs the event; no-shows once it is over."""
        return await door.attendance(caller, event_id)


def check_in_router(service: CheckInService) -> Router:
    """Return the routes of the door."""

    def provide_door() -> CheckInService:
        return service

    return Router(
        "/",
        route_handlers=[CheckInController, AttendanceController],
        dependencies={"door": Provide(provide_door, sync_to_thread=False)},
    )
