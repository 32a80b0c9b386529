"""What goes out of the routes of exports."""

from datetime import datetime
from uuid import UUID

from ijaa.shared.schema import View
from ijaa.users.exports.domain import State


class ExportRead(View, frozen=True):
    """An archive of everything that is kept about a member, as he sees it."""

    id: UUID
    state: State
    created_at: datetime
    ready_at: datetime | None
    expires_at: datetime | None
    """Until when it can be fetched."""
    fetched_at: datetime | None
    broken_off: int
    """How often it was begun to be fetched and did not leave as a whole; more than three times use it up."""
    size: int | None
    """Bytes of the archive."""
    link: str | None
    """While it is READY: a path that gives it once, to whoever has it, for two hours; new each time, none in a list."""
