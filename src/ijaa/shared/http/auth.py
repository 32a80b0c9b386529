"""Who calls: the Bearer token of a request becomes its principal."""

from typing import Any

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from litestar.types import Guard, Scope

from ijaa.shared.errors import Forbidden, Unauthenticated
from ijaa.shared.principals import InvalidTokenError, Principal, TokenVerifier

OPEN = "ignores_token"
"""`opt` key of routes that never look at a token (sign-in, health)."""


def authentication(verifier: TokenVerifier) -> Guard:
    """Return the first guard of every route: it sets `scope["user"]`, None without a token, and refuses a bad one.

    A guard, because a Litestar middleware costs every request two more frames and an exception handler.
    """

    async def authenticate(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
        scope = connection.scope
        scope["user"] = None
        if OPEN in handler.opt or (token := _bearer(scope)) is None:
            return
        try:
            scope["user"] = await verifier.verify(token)
        except InvalidTokenError:
            raise Unauthenticated("The token is not good any more: sign in again.", error="invalid_token") from None

    return authenticate


def requires_member(connection: ASGIConnection[Any, Principal | None, Any, Any], _: BaseRouteHandler) -> None:
    """Let members pass: 401 without a principal, 403 for an admin, who is not a member."""
    principal = connection.scope.get("user")
    if principal is None:
        raise Unauthenticated
    if principal.role != "member":
        raise Forbidden("This is for members; admin accounts are separate.")


async def provide_viewer(request: Request[Any, Any, Any]) -> Principal | None:
    """Give the caller, or None for the public."""
    viewer: Principal | None = request.scope.get("user")
    return viewer


async def provide_member(request: Request[Any, Any, Any]) -> Principal:
    """Give the signed-in caller; the route's guard has made sure there is one."""
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
