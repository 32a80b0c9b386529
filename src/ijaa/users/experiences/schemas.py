"""What goes in and out of the routes of experiences."""

from datetime import date
from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from ijaa.shared.schema import Body, Patch, View

Title = Annotated[str, Meta(min_length=1, max_length=100)]
Company = Annotated[str, Meta(max_length=100)]
Description = Annotated[str, Meta(max_length=1000)]


class ExperienceCreate(Body, frozen=True, kw_only=True):
    """A post to add; one with a start and without an end is held still."""

    title: Title
    company: Company | None = None
    start_date: date | None = None
    end_date: date | None = None
    description: Description | None = None


class ExperiencePatch(Patch, frozen=True, kw_only=True):
    """Changes to an experience; null, or nothing but white space, clears."""

    title: Title | UnsetType = UNSET
    company: Company | UnsetType | None = UNSET
    start_date: date | UnsetType | None = UNSET
    end_date: date | UnsetType | None = UNSET
    description: Description | UnsetType | None = UNSET


class ExperienceRead(View, frozen=True):
    """A post a member has or had."""

    id: int
    title: str
    company: str | None
    start_date: date | None
    end_date: date | None
    period: str | None
    """When, in the words of an imported record, until there are dates."""
    description: str | None
    version: int
