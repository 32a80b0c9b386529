"""Rules of roles that need no I/O."""

from typing import Literal

Role = Literal["CO_ORGANISER", "CHECK_IN"]
AnyRole = Literal["ORGANISER", "CO_ORGANISER", "CHECK_IN"]

MOST = 20
"""Roles one event has to give."""


def runs(role: AnyRole | None) -> bool:
    """Whether somebody of this role runs the event; who checks people in does not."""
    return role in {"ORGANISER", "CO_ORGANISER"}
