"""What goes out of the audit routes."""

from datetime import datetime
from typing import Any

import msgspec

from ijaa.shared.schema import View


class TrailEntry(View, frozen=True):
    """One entry of the audit log; actor and subject are public ids."""

    id: int
    at: datetime
    action: str
    actor: str | None
    subject: str | None
    request_id: str | None
    details: dict[str, Any]
    sealed: bool
    """Whether it is part of the chain by now."""


class TrailFilter(msgspec.Struct, frozen=True, kw_only=True):
    """What is looked for."""

    action: str | None = None
    actor: str | None = None
    subject: str | None = None
    since: datetime | None = None
    until: datetime | None = None
