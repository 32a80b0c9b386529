"""Feature flags as every module meets them: a port, because one module keeps them."""

from typing import Protocol

import msgspec

from ijaa.shared.errors import Forbidden
from ijaa.shared.principals import Kind


class FeatureDisabled(Forbidden):
    """The installation does not offer this just now."""

    code, title = "feature-disabled", "This feature is switched off"


class FeatureFlags(Protocol):
    """What is switched on."""

    def enabled(self, name: str) -> bool:
        """Whether a flag is on; an unknown one is off. Asks nobody: changes are pushed."""
        ...


class Offer:
    """Whether an operation is offered just now, to members and to admins."""

    def __init__(
        self, flags: FeatureFlags, *, member: str | None, admin: str | None, also: str | None = None
    ) -> None:  # fmt: skip
        self._flags, self._member, self._admin, self._also = flags, member, admin, also

    def to(self, kind: Kind) -> None:
        """Return if it is; raise `FeatureDisabled` if it is not."""
        for flag in (self._admin if kind == "admin" else self._member, self._also):
            if flag is not None and not self._flags.enabled(flag):
                raise FeatureDisabled(f"This is switched off just now (feature flag {flag}).")


class FlagsOn(msgspec.Struct, frozen=True):
    """Every flag that is on, and where in the history of changes that is."""

    cursor: str
    on: list[str]
    known: bool
    """False while nothing could be loaded yet: then everything counts as on."""
