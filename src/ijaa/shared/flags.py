"""Feature flags as every module meets them: a port, because one module keeps them."""

from typing import Protocol

import msgspec

from ijaa.shared.errors import Forbidden


class FeatureDisabled(Forbidden):
    """The installation does not offer this just now."""

    code, title = "feature-disabled", "This feature is switched off"


class FeatureFlags(Protocol):
    """What is switched on."""

    def enabled(self, name: str) -> bool:
        """Whether a flag is on; an unknown one is off. Asks nobody: changes are pushed."""
        ...


class FlagsOn(msgspec.Struct, frozen=True):
    """Every flag that is on, and where in the history of changes that is."""

    cursor: str
    on: list[str]
    known: bool
    """False while nothing could be loaded yet: then everything counts as on."""
