"""What organisers and admins get of analytics."""

from datetime import datetime
from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from ijaa.shared.schema import View

Rate = Annotated[float, Meta(ge=0, le=1)] | None


class Point(View, frozen=True, kw_only=True):
    """What had been answered by the end of a day or an hour."""

    at: Annotated[datetime, Meta(description="when it begins, in the time zone of the event")]
    going: int
    maybe: int
    declined: int
    waitlisted: int


class EventFigures(View, frozen=True, kw_only=True):
    """One event in numbers; members who were erased after it are counted on."""

    event_id: int
    title: str
    status: str
    start_date: datetime
    end_date: datetime
    total_invitations: int
    responded: Annotated[int, Meta(description="invited members who have answered")]
    confirmed: int
    maybe: int
    declined: int
    pending: Annotated[int, Meta(description="who wait for an organiser's approval")]
    waitlisted: int
    attended: int
    no_shows: Annotated[int | None, Meta(description="null until the event is over, and of a cancelled one")]
    comments: int
    media: int
    reminders: int
    engaged: Annotated[int, Meta(description="who come, or may, and wrote or uploaded something")]
    first_rsvp_at: Annotated[datetime | None, Meta(description="when the first member answered for himself")]
    last_rsvp_at: datetime | None
    average_response_hours: Annotated[
        float | None, Meta(description="from an invitation to the answer, of those who answered it")
    ]
    attendance_rate: Annotated[Rate, Meta(description="attended ÷ confirmed, null when nobody was")]
    response_rate: Annotated[Rate, Meta(description="responded ÷ total_invitations, null when nobody was invited")]
    engagement_rate: Annotated[Rate, Meta(description="engaged ÷ (confirmed + maybe), null when there are none")]
    computed_at: datetime


class EventAnalyticsRead(EventFigures, frozen=True, kw_only=True):
    """One event in numbers, and how they came about."""

    timeseries: list[Point] | UnsetType = UNSET


class Totals(View, frozen=True, kw_only=True):
    """Several events in numbers."""

    events: int
    total_invitations: int
    responded: int
    confirmed: int
    maybe: int
    declined: int
    pending: int
    waitlisted: int
    attended: Annotated[int, Meta(description="of events that are over")]
    no_shows: Annotated[int, Meta(description="of events that are over")]
    comments: int
    media: int
    reminders: int
    engaged: int
    attendance_rate: Annotated[Rate, Meta(description="attended ÷ (attended + no_shows): of events that are over")]
    response_rate: Rate
    engagement_rate: Rate
    computed_at: Annotated[datetime | None, Meta(description="of the number that is oldest; null without events")]


class MyAnalytics(View, frozen=True, kw_only=True):
    """A member's own events in numbers: all of a window, and a page of them."""

    totals: Totals
    items: list[EventFigures]
    next_cursor: str | None
