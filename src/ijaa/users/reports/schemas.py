"""What goes in and out of the routes of reports."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType

from ijaa.shared.schema import Body, Patch, View
from ijaa.users.reports.domain import Category, Priority, Status, TargetKind

Title = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"\S")]
Text = Annotated[str, Meta(min_length=1, max_length=10_000, pattern=r"\S")]
Notes = Annotated[str, Meta(max_length=10_000)]
Outcome = Annotated[str, Meta(max_length=2000)]
AdminId = Annotated[str, Meta(min_length=1, max_length=50)]


class Target(Body, frozen=True, kw_only=True):
    """What a report is about."""

    kind: TargetKind
    id: Annotated[str, Meta(min_length=1, max_length=100, description="A username, or the id of the thing")]


class ReportCreate(Body, frozen=True, kw_only=True):
    """A new report: of a member (USER_REPORT), of content (CONTENT_REPORT), or about the system, without a target."""

    title: Title
    description: Text
    category: Category
    target: Target | None = None


class ReportPatch(Patch, frozen=True, kw_only=True):
    """What becomes of a report (RFC 7396)."""

    status: Status | UnsetType = UNSET
    priority: Priority | UnsetType = UNSET
    assigned_to: AdminId | UnsetType | None = UNSET
    admin_notes: Notes | UnsetType | None = UNSET
    """For admins alone."""
    outcome: Outcome | UnsetType | None = UNSET
    """What the reporter is told once the report has ended."""


class TargetRead(View, frozen=True):
    """What a report is about; `id` is null once the member was erased."""

    kind: TargetKind
    id: str | None


class OwnReport(View, frozen=True):
    """A report as its reporter sees it."""

    id: int
    title: str
    description: str
    category: Category
    target: TargetRead | None
    status: Status
    outcome: str | None
    """Null until the report has ended."""
    attachments: int
    """How many images are attached."""
    created_at: datetime
    resolved_at: datetime | None


class ReportRead(View, frozen=True):
    """A report as admins see it."""

    id: int
    reporter_username: str | None
    title: str
    description: str
    category: Category
    target: TargetRead | None
    evidence: dict[str, Any] | None
    """The target as the reporter saw it."""
    attachments: list[str]
    """Paths of the images the reporter attached, for who settles reports alone."""
    status: Status
    priority: Priority
    assigned_to: str | None
    admin_notes: str | None
    outcome: str | None
    created_at: datetime
    updated_at: datetime
    resolved_at: datetime | None
    resolution_seconds: int | None
    """From the filing to the end."""


class ReportFilter(msgspec.Struct, frozen=True, kw_only=True):
    """What of the queue is looked for; `none` as `assigned_to` is what nobody has."""

    status: Status | None = None
    priority: Priority | None = None
    category: Category | None = None
    assigned_to: str | None = None
