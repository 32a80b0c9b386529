"""Routes of participations."""

from typing import Annotated

from litestar import Controller, Router, delete, get, post, put
from litestar.di import NamedDependency, Provide
from litestar.params import JSONBody, PathParameter, QueryParameter

from ijaa.events.participations.schemas import MovePost, ParticipantRead, ParticipationStatus, RsvpPut, RsvpRead
from ijaa.events.participations.service import ParticipationService
from ijaa.shared.pages import Page
from ijaa.shared.principals import Principal
from ijaa.shared.schema import MAX_ID

EventId = Annotated[int, PathParameter(ge=1, le=MAX_ID)]
Username = Annotated[str, PathParameter(min_length=1, max_length=100)]


class RsvpController(Controller):
    """One's own answer to an event."""

    path = "/events/{event_id:int}/rsvp"
    tags = ("Participations",)

    @put(operation_id="putRsvp", summary="Answer an event")
    async def answer(
        self,
        caller: NamedDependency[Principal],
        participations: NamedDependency[ParticipationService],
        event_id: EventId,
        data: JSONBody[RsvpPut],
    ) -> RsvpRead:
        """Put the answer; a full event answers WAITLISTED, one that needs approval PENDING."""
        return await participations.answer(caller, event_id, data)

    @get(operation_id="getRsvp", summary="Read my answer")
    async def own(
        self,
        caller: NamedDependency[Principal],
        participations: NamedDependency[ParticipationService],
        event_id: EventId,
    ) -> RsvpRead:
        """Give the caller's answer, with the place on the waitlist and what happened to the seat until now."""
        return await participations.own(caller, event_id)

    @delete(operation_id="deleteRsvp", summary="Take my answer back")
    async def take_back(
        self,
        caller: NamedDependency[Principal],
        participations: NamedDependency[ParticipationService],
        event_id: EventId,
    ) -> None:
        """Remove the answer; its seats go to who is next."""
        await participations.take_back(caller, event_id)


class ParticipantController(Controller):
    """Who comes."""

    path = "/events/{event_id:int}/participants"
    tags = ("Participations",)

    @get(operation_id="listParticipants", summary="List who answered")
    async def page(
        self,
        caller: NamedDependency[Principal],
        participations: NamedDependency[ParticipationService],
        event_id: EventId,
        *,
        status: Annotated[ParticipationStatus | None, QueryParameter()] = None,
        cursor: Annotated[str | None, QueryParameter(max_length=500)] = None,
        limit: Annotated[int, QueryParameter(ge=1, le=100)] = 20,
        include_total: Annotated[bool, QueryParameter()] = False,
    ) -> Page[ParticipantRead]:
        """Give GOING and MAYBE to whoever sees the event, everything to its organiser."""
        return await participations.page(caller, event_id, status, cursor, limit, include_total=include_total)

    @post(
        "/{username:str}/approve", operation_id="approveParticipant", summary="Approve a participant", status_code=200
    )
    async def approve(
        self,
        caller: NamedDependency[Principal],
        participations: NamedDependency[ParticipationService],
        event_id: EventId,
        username: Username,
    ) -> RsvpRead:
        """Give a seat, or a place on the waitlist, to somebody who waits for approval."""
        return await participations.decide(caller, event_id, username, approve=True)

    @post("/{username:str}/reject", operation_id="rejectParticipant", summary="Reject a participant", status_code=200)
    async def reject(
        self,
        caller: NamedDependency[Principal],
        participations: NamedDependency[ParticipationService],
        event_id: EventId,
        username: Username,
    ) -> RsvpRead:
        """Turn down somebody who waits for approval."""
        return await participations.decide(caller, event_id, username, approve=False)

    @post("/{username:str}/move", operation_id="moveParticipant", summary="Move a participant", status_code=200)
    async def move(
        self,
        caller: NamedDependency[Principal],
        participations: NamedDependency[ParticipationService],
        event_id: EventId,
        username: Username,
        data: JSONBody[MovePost],
    ) -> RsvpRead:
        """Give a seat that is free, a place on the waitlist, or neither, to somebody who answered."""
        return await participations.move(caller, event_id, username, data)


def participation_router(service: ParticipationService) -> Router:
    """Return the participation routes."""

    def provide_participations() -> ParticipationService:
        return service

    return Router(
        "/",
        route_handlers=[RsvpController, ParticipantController],
        dependencies={"participations": Provide(provide_participations, sync_to_thread=False)},
    )
