"""Rules of settings that need no I/O."""

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from ijaa.shared.errors import Violation
from ijaa.shared.zones import is_zone

Theme = Literal["DARK", "LIGHT", "DEVICE"]
DEFAULTS: Mapping[str, Any] = {"theme": "DEVICE", "language": None, "time_zone": None}
"""What holds where a member chose nothing: the device decides."""


def unfit(changes: Mapping[str, Any]) -> Iterator[Violation]:
    """Yield what is wrong with changes of settings."""
    zone = changes.get("time_zone")
    if zone is not None and not is_zone(zone):
        yield Violation("/time_zone", "is not an IANA time zone, such as Asia/Dhaka")


def with_defaults(changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return the changes with the default where one is null (RFC 7396)."""
    return {name: DEFAULTS[name] if value is None else value for name, value in changes.items()}
