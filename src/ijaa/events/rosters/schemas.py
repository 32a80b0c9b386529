"""What goes out as a list of participants."""

from datetime import datetime

from ijaa.events.participations.schemas import ParticipationStatus
from ijaa.shared.schema import View


class RosterEntry(View, frozen=True, kw_only=True):
    """One participant as an organiser sees him; `degraded` where names could not be had as the list was made."""

    username: str
    name: str | None
    status: ParticipationStatus
    guests: int
    message: str | None
    responded_at: datetime
    position: int | None
    checked_in_at: datetime | None
    arrived_guests: int | None
    degraded: bool
