"""Who calls: the Bearer token of a request becomes its principal."""

from typing import Any

from litestar import Request
from litestar.types import Scope

from ijaa.shared.errors import Forbidden, Unauthenticated
from ijaa.shared.principals import InvalidTokenError, Principal, TokenVerifier

OPEN = {"token": "ignored"}
"""`opt` of routes that never look at a token (sign-in, health)."""
SIGNED_IN = {"callers": "anybody"}
"""`opt` of routes for whoever is signed in, member or admin."""
MEMBERS = {"callers": "members"}
"""`opt` of routes for signed-in members alone."""


async def authenticate(request: Request[Any, Any, Any], verifier: TokenVerifier) -> None:
    """Set `scope["user"]`, None without a token; refuse a bad one on every route, and whom a route is not for.

    It runs before the body is read. It is no guard, because Litestar copies the handler for each of those, and no
    middleware, because each of those costs every request two frames and an exception handler.
    """
    scope, opt = request.scope, request.route_handler.opt
    scope["user"] = None
    if "token" not in opt and (token := _bearer(scope)) is not None:
        try:
            scope["user"] = await verifier.verify(token)
        except InvalidTokenError:
            raise Unauthenticated("The token is not good any more: sign in again.", error="invalid_token") from None
    if "callers" in opt:
        _refuse_others(scope["user"], opt["callers"])


def _refuse_others(principal: Principal | None, callers: str) -> None:
    if principal is None:
        raise Unauthenticated
    if callers == "members" and principal.role != "member":
        raise Forbidden("This is for members; admin accounts are separate.")


async def provide_viewer(request: Request[Any, Any, Any]) -> Principal | None:
    """Give the caller, or None for the public."""
    viewer: Principal | None = request.scope["user"]
    return viewer


async def provide_member(request: Request[Any, Any, Any]) -> Principal:
    """Give the signed-in caller; `MEMBERS` has made sure there is one."""
    member: Principal = request.scope["user"]
    return member


def _bearer(scope: Scope) -> str | None:
    for name, value in scope["headers"]:
        if name == b"authorization":
            scheme, _, token = value.decode("latin-1").partition(" ")
            token = token.strip()
            if scheme.lower() != "bearer" or not token:
                raise Unauthenticated("Send the token as `Authorization: Bearer …`.", error="invalid_request")
            return token
    return None
