"""The twin: the same endpoints on FastAPI + SQLAlchemy's async ORM + pydantic, as a good developer writes them.

One session a request and database from a dependency, one SELECT of mapped objects with everything it needs joined,
organisers of a page looked up in one batch, typed response models. No authentication: the viewer comes from the
environment. `python -m uvicorn bench.twin.app:app` serves it.
"""

import os
from collections.abc import AsyncIterator, Iterable
from typing import Annotated, Any

from bench.twin.models import Connection, Discussion, Event, Invitation, Organiser, Participation, Profile, User
from bench.twin.schemas import Card, EventDetailsOut, EventOut, MemberOut, PageOut
from fastapi import Depends, FastAPI, HTTPException, Query
from sqlalchemy import ColumnElement, ScalarSelect, and_, case, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import aliased

VIEWER = os.environ["BENCH_VIEWER"]
HIDDEN_BY_DEFAULT = {"email": "nobody", "phone": "nobody"}
_OF_PROFILE = [name for name in MemberOut.model_fields if name != "connections"]


def _sessions(variable: str) -> async_sessionmaker[AsyncSession]:
    url = os.environ[variable].replace("postgresql://", "postgresql+asyncpg://", 1)
    return async_sessionmaker(create_async_engine(url, pool_size=10, max_overflow=0), expire_on_commit=False)


users_sessions = _sessions("IJAA_USERS_DATABASE_URL")
events_sessions = _sessions("IJAA_EVENTS_DATABASE_URL")
app = FastAPI()


async def users_session() -> AsyncIterator[AsyncSession]:
    """Give a session on the users database."""
    async with users_sessions() as session:
        yield session


async def events_session() -> AsyncIterator[AsyncSession]:
    """Give a session on the events database."""
    async with events_sessions() as session:
        yield session


Users = Annotated[AsyncSession, Depends(users_session)]
Events = Annotated[AsyncSession, Depends(events_session)]

_CONDITIONAL = {"location", "meeting_link"}
_AS_STORED = [name for name in EventOut.model_fields if name in Event.__table__.columns and name not in _CONDITIONAL]
_INVITED = exists().where(Invitation.event_id == Event.id, Invitation.invited_username == VIEWER)
_MINE = and_(Participation.event_id == Event.id, Participation.participant_username == VIEWER)
_ON_DUTY = and_(Organiser.event_id == Event.id, Organiser.username == VIEWER)
_SEEN = (
    select(Event, Participation.status, Organiser.role)
    .outerjoin(Participation, _MINE)
    .outerjoin(Organiser, _ON_DUTY)
    .where(
        or_(
            and_(
                Event.status != "DRAFT",
                or_(Event.privacy.in_(["PUBLIC", "INVITE_ONLY"]), Participation.id.is_not(None), _INVITED),
            ),
            Event.created_by_username == VIEWER,
            Organiser.id.is_not(None),
        )
    )
)
_SAID = select(Discussion.comments).where(Discussion.event_id == Event.id).scalar_subquery()
_SEEN_ALONE = _SEEN.add_columns(func.coalesce(_SAID, 0))


def _connected(username: Any) -> ColumnElement[bool]:
    return exists().where(
        Connection.status == "ACCEPTED",
        or_(
            and_(Connection.requester_username == username, Connection.receiver_username == VIEWER),
            and_(Connection.requester_username == VIEWER, Connection.receiver_username == username),
        ),
    )


def _counted(username: Any) -> ScalarSelect[int]:
    other = case(
        (Connection.requester_username == username, Connection.receiver_username), else_=Connection.requester_username
    )
    of_both = or_(Connection.requester_username == username, Connection.receiver_username == username)
    return (
        select(func.count())
        .select_from(Connection)
        .join(User, User.username == other)
        .where(Connection.status == "ACCEPTED", of_both, User.active, User.email_verified_at.is_not(None))
        .scalar_subquery()
    )


_SHOWN = aliased(User)
_PROFILES = (
    select(Profile, _connected(Profile.username))
    .join(_SHOWN, Profile.user)
    .where(_SHOWN.active, _SHOWN.email_verified_at.is_not(None))
)
_COUNTED_PROFILES = _PROFILES.add_columns(_counted(Profile.username))


def _member(profile: Profile, *, connected: bool, connections: int = 0) -> MemberOut:
    allowed = {"public", "members"} | ({"connections"} if connected else set())
    if profile.username == VIEWER:
        allowed |= {"connections", "nobody"}
    visible = {
        field: getattr(profile, field)
        for field in _OF_PROFILE
        if field == "username" or profile.visibility.get(field, HIDDEN_BY_DEFAULT.get(field, "members")) in allowed
    }
    return MemberOut(**visible, connections=connections)


async def _cards(session: AsyncSession, usernames: Iterable[str]) -> dict[str, Card]:
    rows = await session.execute(_PROFILES.where(Profile.username.in_(set(usernames))))
    members = [_member(profile, connected=connected) for profile, connected in rows]
    return {member.username: Card(username=member.username, name=member.name, photo=member.photo) for member in members}


def _event(event: Event, my_rsvp: str | None, role: str | None, organizer: Card | None) -> dict[str, Any]:
    my_role = "ORGANISER" if event.created_by_username == VIEWER else role
    insider = my_rsvp == "GOING" or my_role in {"ORGANISER", "CO_ORGANISER"}
    return dict(
        **{name: getattr(event, name) for name in _AS_STORED},
        location=event.location if event.privacy != "INVITE_ONLY" or insider or my_role else None,
        meeting_link=event.meeting_link if insider else None,
        seats_taken=event.going,
        waitlisted=event.waiting,
        over_capacity=event.capacity is not None and event.going > event.capacity,
        my_rsvp=my_rsvp,
        my_role=my_role,
        organizer=organizer,
    )


@app.get("/api/v1/events")
async def list_events(events: Events, users: Users, limit: Annotated[int, Query(ge=1, le=100)] = 20) -> PageOut:
    """Give the first page."""
    rows = (await events.execute(_SEEN.order_by(Event.start_date, Event.id).limit(limit + 1))).all()
    shown = rows[:limit]
    cards = await _cards(users, (event.created_by_username for event, *_ in shown))
    return PageOut(
        items=[
            EventOut(**_event(event, mine, role, cards.get(event.created_by_username))) for event, mine, role in shown
        ],
        next_cursor=str(shown[-1][0].id) if len(rows) > limit else None,
    )


@app.get("/api/v1/events/{event_id}")
async def read_event(event_id: int, events: Events, users: Users) -> EventDetailsOut:
    """Give one event."""
    row = (await events.execute(_SEEN_ALONE.where(Event.id == event_id))).first()
    if row is None:
        raise HTTPException(404)
    event, mine, role, comments = row
    cards = await _cards(users, [event.created_by_username])
    return EventDetailsOut(**_event(event, mine, role, cards.get(event.created_by_username)), comments=comments)


@app.get("/api/v1/users/{username}")
async def read_member(username: str, users: Users) -> MemberOut:
    """Give one member."""
    row = (await users.execute(_COUNTED_PROFILES.where(Profile.username == username.lower()))).first()
    if row is None:
        raise HTTPException(404)
    return _member(row[0], connected=row[1], connections=row[2])
