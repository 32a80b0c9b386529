"""Who calls: the Bearer token of a request becomes its principal."""

from typing import Any

from litestar import Request
from litestar.types import Scope

from ijaa.shared.clock import Clock
from ijaa.shared.errors import Forbidden, StepUpRequired, TotpEnrolmentRequired, Unauthenticated, Unavailable
from ijaa.shared.http.policies import MEMBERS, NOT_ASKED, Policy
from ijaa.shared.principals import InvalidTokenError, Principal, Role, TokenVerifier

VERIFIER = "verifier"
"""Where in the state of the application it is."""


async def authenticate(
    request: Request[Any, Any, Any], policy: Policy, verifier: TokenVerifier, clock: Clock
) -> Principal | None:
    """Set and return `scope["user"]`, None without a token; refuse a bad one, and whom the route is not for.

    It runs before the body is read. It is no guard, because Litestar copies the handler for each of those, and no
    middleware, because each of those costs every request two frames and an exception handler.
    """
    scope, principal = request.scope, None
    scope["user"] = None
    if policy.callers != NOT_ASKED and (token := _bearer(scope)) is not None:
        try:
            scope["user"] = principal = await verifier.verify(token)
        except InvalidTokenError:
            raise Unauthenticated("The token is not good any more: sign in again.", error="invalid_token") from None
    if principal is not None and principal.role == "enrolling" and "enrolling" not in policy.callers:
        raise TotpEnrolmentRequired
    if isinstance(policy.callers, frozenset):
        if principal is None:
            raise Unauthenticated
        _refuse_others(principal, policy.callers)
        if policy.fresh and not principal.is_fresh(clock.now()):
            raise StepUpRequired
    return principal


def _refuse_others(principal: Principal, callers: frozenset[Role]) -> None:
    if principal.role in callers:
        return
    if principal.role == "member":
        raise Forbidden("This is for admins.")
    if callers == MEMBERS:
        raise Forbidden("This is for members; admin accounts are separate.")
    raise Forbidden(f"This is for these roles: {', '.join(sorted(callers))}.")


async def still_good(request: Request[Any, Any, Any]) -> bool:
    """Whether the token a request came with would still be taken; nobody's request always is."""
    verifier: TokenVerifier = request.app.state[VERIFIER]
    if request.scope["user"] is None or (token := _bearer(request.scope)) is None:
        return True
    try:
        await verifier.verify(token)
    except (InvalidTokenError, Unavailable):
        return False
    return True


async def provide_viewer(request: Request[Any, Any, Any]) -> Principal | None:
    """Give the caller, or None for the public."""
    viewer: Principal | None = request.scope["user"]
    return viewer


async def provide_caller(request: Request[Any, Any, Any]) -> Principal:
    """Give the signed-in caller; the route's policy has made sure there is one."""
    caller: Principal = request.scope["user"]
    return caller


def _bearer(scope: Scope) -> str | None:
    for name, value in scope["headers"]:
        if name == b"authorization":
            scheme, _, token = value.decode("latin-1").partition(" ")
            token = token.strip()
            if scheme.lower() != "bearer" or not token:
                raise Unauthenticated("Send the token as `Authorization: Bearer …`.", error="invalid_request")
            return token
    return None
