"""Stepping up: proving the password again in a session that is open (RFC 9470)."""

from collections.abc import Mapping
from typing import Literal, Protocol

from ijaa.shared.principals import Principal
from ijaa.users.sessions.service import SessionService


class Prover(Protocol):
    """Holds what somebody gives against his account."""

    async def prove(self, principal: Principal, password: str, totp: str | None) -> None:
        """Return when it is right; raise `LoginFailed` when it is not, whatever is wrong."""
        ...


class StepUpService:
    """Lets the one who is signed in prove that it is still he."""

    def __init__(self, sessions: SessionService, provers: Mapping[Literal["member", "admin"], Prover]) -> None:
        self._sessions, self._provers = sessions, provers

    async def step_up(self, caller: Principal, password: str, totp: str | None) -> str:
        """Return an access token that says the password was proved now; a failed proof leaves the session as it is.

        Raises:
            LoginFailed: what was given is not right.
            SessionEnded: the session was ended in the meantime.

        """
        await self._provers[caller.kind].prove(caller, password, totp)
        return await self._sessions.reauthenticate(caller)
