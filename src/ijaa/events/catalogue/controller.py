"""Routes of events."""

from datetime import datetime
from typing import Annotated

from litestar import Controller, Response, Router, delete, get, patch, post
from litestar.di import NamedDependency, Provide
from litestar.params import HeaderParameter, JSONBody, PathParameter, QueryParameter

from ijaa.events.catalogue.filters import EventFilter, OwnSort, Role, Sort
from ijaa.events.catalogue.schemas import (
    EventCancel,
    EventCreate,
    EventDetails,
    EventPatch,
    EventRead,
    Privacy,
    UnledEvent,
)
from ijaa.events.catalogue.service import EventService
from ijaa.shared.http.etags import etag, refuse_stale
from ijaa.shared.http.requests import StrictRequest
from ijaa.shared.http.streams import MEDIA_TYPE, STREAMED, EventStream, LastEventId
from ijaa.shared.live import Live
from ijaa.shared.pages import Page
from ijaa.shared.principals import Principal
from ijaa.shared.schema import MAX_ID

EventId = Annotated[int, PathParameter(ge=1, le=MAX_ID)]
IfMatch = Annotated[str | None, HeaderParameter(name="If-Match", max_length=1000)]
Cursor = Annotated[str | None, QueryParameter(max_length=500)]
Limit = Annotated[int, QueryParameter(ge=1, le=100)]
Text = Annotated[str | None, QueryParameter(max_length=200)]
Since = Annotated[datetime | None, QueryParameter(name="from", description="events that end after this")]
Until = Annotated[datetime | None, QueryParameter(name="to", description="events that begin before this")]


class EventController(Controller):
    """Events, for everybody who may see them.

    Reads take the caller from the request: Litestar resolves two dependencies in a task group, a tenth of their cost.
    """

    path = "/events"
    tags = ("Events",)

    @get(operation_id="listEvents", summary="Find events")
    async def page(
        self,
        request: StrictRequest,
        events: NamedDependency[EventService],
        *,
        q: Text = None,
        location: Text = None,
        event_type: Text = None,
        tag: Text = None,
        privacy: Annotated[Privacy | None, QueryParameter()] = None,
        is_online: Annotated[bool | None, QueryParameter()] = None,
        organizer: Text = None,
        since: Since = None,
        until: Until = None,
        upcoming: Annotated[bool | None, QueryParameter(description="true: not over yet; false: over")] = None,
        has_seats: Annotated[bool | None, QueryParameter()] = None,
        sort: Annotated[Sort, QueryParameter()] = "start_date",
        cursor: Cursor = None,
        limit: Limit = 20,
        include_total: Annotated[bool, QueryParameter()] = False,
    ) -> Page[EventRead]:
        """Give a page of the events the caller may see; the window from/to is half-open and takes overlaps.

        Every word of `q` begins a word of title, type, tags or description; where none does, the text is looked for as
        it is written, and then a little misspelt. `relevance` needs `q`: titles come first.
        """
        wanted = EventFilter(
            q=q, location=location, event_type=event_type, tag=tag, privacy=privacy, is_online=is_online,
            organizer=organizer, ends_after=since, begins_before=until, has_seats=has_seats, upcoming=upcoming,
        )  # fmt: skip
        return await events.page(request.user, wanted, sort, cursor, limit, include_total=include_total)

    @get("/{event_id:int}", operation_id="getEvent", summary="Read an event")
    async def read(
        self, request: StrictRequest, events: NamedDependency[EventService], event_id: EventId
    ) -> Response[EventDetails]:
        """Give an event as the caller may see it, with its version as the ETag."""
        return _tagged(await events.read(request.user, event_id))

    @get(
        "/{event_id:int}/stream",
        operation_id="watchEvent",
        summary="Watch who takes part, and what is said",
        media_type=MEDIA_TYPE,
        responses={200: STREAMED},
    )
    async def watch(
        self,
        request: StrictRequest,
        events: NamedDependency[EventService],
        live: NamedDependency[Live],
        event_id: EventId,
        last_event_id: LastEventId = None,
    ) -> Response[bytes]:
        """Give the counts of an event, and again whenever they change, to whoever may see it.

        `participation` tells of seats, `comment` how many comments there are, and that one came, changed or went.

        The stream ends with the token of the caller, with his right to see the event, or with the process; a client
        comes back with Last-Event-ID and is told only of what is newer.
        """
        viewer = request.user
        return EventStream(request, live.watch(str(event_id)), lambda: events.seen(viewer, event_id), last_event_id)

    @get("/needing-organiser", operation_id="listUnledEvents", summary="List events that need an organiser")
    async def unled(
        self, events: NamedDependency[EventService], cursor: Cursor = None, limit: Limit = 20
    ) -> Page[UnledEvent]:
        """Give the events that were still to come when their organiser was erased, private ones too."""
        return await events.unled(cursor, limit)

    @post(operation_id="createEvent", summary="Create an event")
    async def create(
        self, caller: NamedDependency[Principal], events: NamedDependency[EventService], data: JSONBody[EventCreate]
    ) -> Response[EventDetails]:
        """Create an event; it is published unless `status` is DRAFT."""
        event = await events.create(caller, data)
        location = {"Location": f"/api/v1/events/{event.id}", "ETag": etag(event.version)}
        return Response(event, headers=location)

    @patch("/{event_id:int}", operation_id="editEvent", summary="Edit an event")
    async def edit(
        self,
        caller: NamedDependency[Principal],
        events: NamedDependency[EventService],
        event_id: EventId,
        data: JSONBody[EventPatch],
        if_match: IfMatch = None,
    ) -> Response[EventDetails]:
        """Change what is given (RFC 7396); 412 when `If-Match` names another version."""
        return _tagged(await events.edit(caller, event_id, data, lambda version: refuse_stale(if_match, version)))

    @delete("/{event_id:int}", operation_id="deleteEvent", summary="Delete an event")
    async def remove(
        self,
        caller: NamedDependency[Principal],
        events: NamedDependency[EventService],
        event_id: EventId,
        if_match: IfMatch = None,
    ) -> None:
        """Delete an event nobody takes part in; one with participants is cancelled instead."""
        await events.delete(caller, event_id, lambda version: refuse_stale(if_match, version))

    @post("/{event_id:int}/publish", operation_id="publishEvent", summary="Publish a draft", status_code=200)
    async def publish(
        self, caller: NamedDependency[Principal], events: NamedDependency[EventService], event_id: EventId
    ) -> Response[EventDetails]:
        """Let others see it."""
        return _tagged(await events.publish(caller, event_id))

    @post("/{event_id:int}/cancel", operation_id="cancelEvent", summary="Cancel an event", status_code=200)
    async def cancel(
        self,
        caller: NamedDependency[Principal],
        events: NamedDependency[EventService],
        event_id: EventId,
        data: JSONBody[EventCancel | None] = None,
    ) -> Response[EventDetails]:
        """Call it off; it stays visible as cancelled, and who meant to come is told, with a message if there is one."""
        return _tagged(await events.cancel(caller, event_id, data.message if data else None))


class OwnEventController(Controller):
    """The caller's own events."""

    path = "/me/events"
    tags = ("Events",)

    @get(operation_id="listMyEvents", summary="List my events")
    async def page(
        self,
        caller: NamedDependency[Principal],
        events: NamedDependency[EventService],
        role: Annotated[Role, QueryParameter()] = "organizer",
        sort: Annotated[OwnSort, QueryParameter()] = "-start_date",
        cursor: Cursor = None,
        limit: Limit = 20,
    ) -> Page[EventRead]:
        """Give the events the caller organises, takes part in or is invited to."""
        return await events.page(caller, EventFilter(role=role), sort, cursor, limit)


def event_router(service: EventService, live: Live) -> Router:
    """Return the event routes."""

    def provide_live() -> Live:
        return live

    def provide_events() -> EventService:
        return service

    return Router(
        "/",
        route_handlers=[EventController, OwnEventController],
        dependencies={
            "events": Provide(provide_events, sync_to_thread=False),
            "live": Provide(provide_live, sync_to_thread=False),
        },
    )


def _tagged(event: EventDetails) -> Response[EventDetails]:
    return Response(event, headers={"ETag": etag(event.version)})
