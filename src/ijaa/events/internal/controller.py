"""Routes for the users service when the two run apart; never routed by a public gateway."""

from litestar import Router, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import JSONBody
from litestar.types import Guard

from ijaa.events.internal.schemas import (
    Companions,
    CompanionsAsked,
    Files,
    Portion,
    PortionAsked,
    RecordsAsked,
    Snapshots,
    SnapshotsAsked,
)
from ijaa.events.public import EventCounts, EventsPublic, TablePage


@get("/figures", operation_id="getEventFigures")
async def figures(events: NamedDependency[EventsPublic]) -> EventCounts:
    """Say how many events and seats there are."""
    return await events.counts()


@post("/contents", operation_id="getContentSnapshots", status_code=200)
async def contents(events: NamedDependency[EventsPublic], data: JSONBody[SnapshotsAsked]) -> Snapshots:
    """Give what people made as the viewer sees it."""
    return Snapshots(await events.snapshots([(one.kind, one.id) for one in data.wanted], data.viewer))


@post("/records", operation_id="getMemberRecords", status_code=200)
async def records(events: NamedDependency[EventsPublic], data: JSONBody[RecordsAsked]) -> TablePage:
    """Give a page of everything kept about a member."""
    return await events.records(data.username, data.after)


@post("/records/files", operation_id="getMemberFiles", status_code=200)
async def files(events: NamedDependency[EventsPublic], data: JSONBody[RecordsAsked]) -> Files:
    """Say which files a member uploaded."""
    return Files(files=await events.files(data.username, data.after))


@post("/records/portion", operation_id="getMemberFilePortion", status_code=200)
async def portion(events: NamedDependency[EventsPublic], data: JSONBody[PortionAsked]) -> Portion:
    """Give some bytes of a file a member uploaded."""
    return Portion(content=await events.portion(data.username, data.name, data.start))


@post("/companions", operation_id="getEventCompanions", status_code=200)
async def companions(events: NamedDependency[EventsPublic], data: JSONBody[CompanionsAsked]) -> Companions:
    """Say who comes, or came, to the same events."""
    return Companions(await events.companions(data.usernames))


def internal_router(events: EventsPublic, guard: Guard) -> Router:
    """Return the internal routes; `guard` lets the users service pass, and nobody else."""

    def provide_events() -> EventsPublic:
        return events

    return Router(
        "/",
        route_handlers=[figures, contents, records, files, portion, companions],
        guards=[guard],
        dependencies={"events": Provide(provide_events, sync_to_thread=False)},
    )
