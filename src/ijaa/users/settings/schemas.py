"""What goes in and out of the routes of settings."""

from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from ijaa.shared.schema import Patch, View
from ijaa.users.settings.domain import Theme

# RFC 5646 §2.1, without the irregular tags it keeps from before
Language = Annotated[str, Meta(max_length=35, pattern=r"^[a-zA-Z]{2,3}(-[a-zA-Z0-9]{1,8})*$")]
TimeZone = Annotated[str, Meta(min_length=1, max_length=64)]


class SettingsPatch(Patch, frozen=True, kw_only=True):
    """Settings to change; null goes back to the default."""

    theme: Theme | UnsetType | None = UNSET
    language: Language | UnsetType | None = UNSET
    time_zone: TimeZone | UnsetType | None = UNSET


class SettingsRead(View, frozen=True):
    """What a member chose; where something is null the device decides."""

    theme: Theme
    language: str | None
    """A language tag (BCP 47)."""
    time_zone: str | None
    """A zone's name (IANA)."""
