"""Routes of sessions."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, Response, Router, delete, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import CookieParameter, FromPath, HeaderParameter, JSONBody, QueryParameter

from ijaa.shared.flags import Offer
from ijaa.shared.pages import Page
from ijaa.shared.principals import Principal
from ijaa.users.errors import SessionEnded
from ijaa.users.sessions.delivery import COOKIE, TokenDelivery
from ijaa.users.sessions.keys import JsonWebKeySet, SigningKeys
from ijaa.users.sessions.proof import StepUpService
from ijaa.users.sessions.schemas import RefreshTokenGiven, SessionRead, SignedIn, StepUp
from ijaa.users.sessions.service import SessionService

Kept = Annotated[str | None, CookieParameter(name=COOKIE, max_length=65_536)]
"""The refresh token of a client that keeps it in the cookie."""


class SessionController(Controller):
    """Refreshing and ending sessions, of members and admins alike."""

    path = "/auth"
    tags = ("Sessions",)

    @post(
        "/refresh",
        operation_id="refreshSession",
        summary="Exchange a refresh token",
        status_code=200,
    )
    async def refresh(
        self,
        sessions: NamedDependency[SessionService],
        delivery: NamedDependency[TokenDelivery],
        offer: NamedDependency[Offer],
        cookie: Kept = None,
        data: JSONBody[RefreshTokenGiven | None] = None,
    ) -> Response[SignedIn]:
        """Give a new access token and the successor of the refresh token, delivered the way the old one came."""
        token = data.refresh_token if data else cookie
        if not token:
            offer.to("member")
            raise SessionEnded
        return delivery.answer(await sessions.refresh(token, offer), "body" if data else "cookie")

    @post("/logout", operation_id="logOut", summary="End this session", status_code=204)
    async def log_out(
        self,
        sessions: NamedDependency[SessionService],
        delivery: NamedDependency[TokenDelivery],
        offer: NamedDependency[Offer],
        cookie: Kept = None,
        authorization: Annotated[str | None, HeaderParameter(name="Authorization", max_length=65_536)] = None,
        data: JSONBody[RefreshTokenGiven | None] = None,
    ) -> Response[None]:
        """End the session of the refresh token, and of the access token if there is one; without either, do nothing."""
        scheme, _, access = (authorization or "").partition(" ")
        bearer = access.strip() if scheme.lower() == "bearer" else None
        await sessions.log_out(data.refresh_token if data else cookie, bearer, offer)
        return delivery.forgotten()

    @post(
        "/logout-all",
        operation_id="logOutEverywhere",
        summary="End all sessions",
        status_code=204,
    )
    async def log_out_everywhere(
        self,
        caller: NamedDependency[Principal],
        sessions: NamedDependency[SessionService],
        delivery: NamedDependency[TokenDelivery],
    ) -> Response[None]:
        """End every session of the caller, this one included."""
        await sessions.log_out_everywhere(caller)
        return delivery.forgotten()

    @post("/step-up", operation_id="stepUp", summary="Prove the password again", status_code=200)
    async def step_up(
        self,
        caller: NamedDependency[Principal],
        proofs: NamedDependency[StepUpService],
        delivery: NamedDependency[TokenDelivery],
        data: JSONBody[StepUp],
    ) -> SignedIn:
        """Give an access token for what asks for a fresh proof; the refresh token and the session stay as they are."""
        return delivery.access_alone(await proofs.step_up(caller, data.password, data.totp), caller.username)

    @get("/sessions", operation_id="listSessions", summary="List my devices")
    async def sessions(
        self,
        caller: NamedDependency[Principal],
        sessions: NamedDependency[SessionService],
        limit: Annotated[int, QueryParameter(ge=1, le=100)] = 20,
        cursor: Annotated[str | None, QueryParameter(max_length=500)] = None,
    ) -> Page[SessionRead]:
        """List the devices the caller is signed in on, newest first."""
        return await sessions.page(caller, cursor, limit)

    @delete(
        "/sessions/{session_id:uuid}",
        operation_id="endSession",
        summary="End one session",
    )
    async def end(
        self,
        caller: NamedDependency[Principal],
        sessions: NamedDependency[SessionService],
        session_id: FromPath[UUID],
    ) -> None:
        """End one of the caller's sessions."""
        await sessions.end(caller, session_id)


def session_router(service: SessionService, proofs: StepUpService, delivery: TokenDelivery) -> Router:
    """Return the session routes."""

    def provide_proofs() -> StepUpService:
        return proofs

    def provide_sessions() -> SessionService:
        return service

    def provide_delivery() -> TokenDelivery:
        return delivery

    return Router(
        "/",
        route_handlers=[SessionController],
        dependencies={
            "sessions": Provide(provide_sessions, sync_to_thread=False),
            "proofs": Provide(provide_proofs, sync_to_thread=False),
            "delivery": Provide(provide_delivery, sync_to_thread=False),
        },
    )


def key_router(keys: SigningKeys) -> Router:
    """Return the route of the public keys."""

    @get(
        "/.well-known/jwks.json",
        operation_id="getKeys",
        summary="Public keys of access tokens",
        tags=["Sessions"],
    )
    async def published() -> Response[JsonWebKeySet]:
        """Give the keys access tokens are signed with (RFC 7517); fetch them again when a `kid` is unknown."""
        return Response(await keys.published(), headers={"Cache-Control": "public, max-age=60"})

    return Router("/", route_handlers=[published])
