"""Routes of invitations."""

from typing import Annotated

from litestar import Controller, Router, delete, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import JSONBody, PathParameter, QueryParameter

from ijaa.events.invitations.domain import Status
from ijaa.events.invitations.schemas import (
    EmailInvitationRead,
    InvitationCreate,
    InvitationPage,
    InvitationResults,
    InvitationToken,
    MyInvitationRead,
    Reminded,
)
from ijaa.events.invitations.service import InvitationService, OwnInvitationService, Wanted
from ijaa.events.participations.schemas import RsvpRead
from ijaa.shared.pages import Page
from ijaa.shared.principals import Principal
from ijaa.shared.schema import MAX_ID

RowId = Annotated[int, PathParameter(ge=1, le=MAX_ID)]
Username = Annotated[str, PathParameter(min_length=1, max_length=100)]
Cursor = Annotated[str | None, QueryParameter(max_length=500)]
Limit = Annotated[int, QueryParameter(ge=1, le=100)]


class InvitationController(Controller):
    """Who is invited, for organisers."""

    path = "/events/{event_id:int}/invitations"
    tags = ("Invitations",)

    @post(operation_id="inviteToEvent", summary="Invite people", status_code=200)
    async def invite(
        self,
        caller: NamedDependency[Principal],
        invitations: NamedDependency[InvitationService],
        event_id: RowId,
        data: JSONBody[InvitationCreate],
    ) -> InvitationResults:
        """Invite members, and addresses of others; names nobody has, and whom a block hides, are answered alike."""
        return await invitations.invite(caller, event_id, data)

    @get(operation_id="listInvitations", summary="List who is invited")
    async def page(
        self,
        caller: NamedDependency[Principal],
        invitations: NamedDependency[InvitationService],
        event_id: RowId,
        *,
        status: Annotated[Status | None, QueryParameter()] = None,
        cursor: Cursor = None,
        limit: Limit = 20,
        include_total: Annotated[bool, QueryParameter(description="with `total` and `summary`")] = False,
    ) -> InvitationPage:
        """Give a page of the invitations, the oldest first, and what became of each."""
        return await invitations.page(caller, event_id, status, cursor, limit, include_total=include_total)

    @post("/remind", operation_id="remindInvitees", summary="Remind who has not answered", status_code=200)
    async def remind(
        self, caller: NamedDependency[Principal], invitations: NamedDependency[InvitationService], event_id: RowId
    ) -> Reminded:
        """Ask again everybody who has not answered and was not asked again for a day."""
        return await invitations.remind(caller, event_id)

    @delete("/{username:str}", operation_id="revokeInvitation", summary="Take an invitation back")
    async def revoke(
        self,
        caller: NamedDependency[Principal],
        invitations: NamedDependency[InvitationService],
        event_id: RowId,
        username: Username,
    ) -> None:
        """Uninvite a member; from a private event he goes with his seat.

        Upper case does not matter, so that a member called `remind` is one as `Remind`.
        """
        await invitations.revoke(caller, event_id, username)


class EmailInvitationController(Controller):
    """Which addresses are invited, for organisers."""

    path = "/events/{event_id:int}/email-invitations"
    tags = ("Invitations",)

    @get(operation_id="listEmailInvitations", summary="List which addresses are invited")
    async def addressed(
        self,
        caller: NamedDependency[Principal],
        invitations: NamedDependency[InvitationService],
        event_id: RowId,
        cursor: Cursor = None,
        limit: Limit = 20,
    ) -> Page[EmailInvitationRead]:
        """Give the addresses whose invitations nobody has redeemed yet."""
        return await invitations.addressed(caller, event_id, cursor, limit)

    @delete(
        "/{email_invitation_id:int}",
        operation_id="revokeEmailInvitation",
        summary="Take the invitation of an address back",
    )
    async def revoke_addressed(
        self,
        caller: NamedDependency[Principal],
        invitations: NamedDependency[InvitationService],
        event_id: RowId,
        email_invitation_id: RowId,
    ) -> None:
        """Let the token of its mail be good no more, and forget the address."""
        await invitations.revoke_addressed(caller, event_id, email_invitation_id)


class OwnInvitationController(Controller):
    """The caller's own invitations."""

    path = "/me/invitations"
    tags = ("Invitations",)

    @get(operation_id="listMyInvitations", summary="List my invitations")
    async def page(
        self,
        caller: NamedDependency[Principal],
        invitations: NamedDependency[OwnInvitationService],
        *,
        status: Annotated[Wanted, QueryParameter()] = "open",
        cursor: Cursor = None,
        limit: Limit = 20,
        include_total: Annotated[bool, QueryParameter()] = False,
    ) -> Page[MyInvitationRead]:
        """Give the caller's invitations, the latest first, with the events as he may see them."""
        return await invitations.page(caller, status, cursor, limit, include_total=include_total)

    @post("/{invitation_id:int}/accept", operation_id="acceptInvitation", summary="Accept", status_code=200)
    async def accept(
        self,
        caller: NamedDependency[Principal],
        invitations: NamedDependency[OwnInvitationService],
        invitation_id: RowId,
    ) -> RsvpRead:
        """Answer GOING; a full event answers WAITLISTED."""
        return await invitations.accept(caller, invitation_id)

    @post("/{invitation_id:int}/decline", operation_id="declineInvitation", summary="Decline", status_code=200)
    async def decline(
        self,
        caller: NamedDependency[Principal],
        invitations: NamedDependency[OwnInvitationService],
        invitation_id: RowId,
    ) -> RsvpRead:
        """Answer NOT_GOING; a seat held goes to who is next."""
        return await invitations.decline(caller, invitation_id)

    @post("/{invitation_id:int}/read", operation_id="readInvitation", summary="Mark as read", status_code=200)
    async def read(
        self,
        caller: NamedDependency[Principal],
        invitations: NamedDependency[OwnInvitationService],
        invitation_id: RowId,
    ) -> MyInvitationRead:
        """Let the organisers know that it was seen."""
        return await invitations.read(caller, invitation_id)


class InvitationTokenController(Controller):
    """What the links of mails are for."""

    path = "/invitations"
    tags = ("Invitations",)

    @post("/redeem", operation_id="redeemInvitation", summary="Take the invitation of a mail", status_code=200)
    async def redeem(
        self,
        caller: NamedDependency[Principal],
        invitations: NamedDependency[OwnInvitationService],
        data: JSONBody[InvitationToken],
    ) -> MyInvitationRead:
        """Make the invitation the caller's own, if the mail went to the address he has confirmed."""
        return await invitations.redeem(caller, data.token)

    @post("/opt-out", operation_id="refuseInvitations", summary="Want no more such mails", status_code=204)
    async def refuse(self, invitations: NamedDependency[OwnInvitationService], data: JSONBody[InvitationToken]) -> None:
        """Let nobody mail an invitation to the address this mail went to any more."""
        await invitations.opt_out(data.token)


def invitation_router(service: InvitationService, own: OwnInvitationService) -> Router:
    """Return the invitation routes."""

    def provide_service() -> InvitationService:
        return service

    def provide_own() -> OwnInvitationService:
        return own

    organisers = Router(
        "/",
        route_handlers=[InvitationController, EmailInvitationController],
        dependencies={"invitations": Provide(provide_service, sync_to_thread=False)},
    )
    invited = Router(
        "/",
        route_handlers=[OwnInvitationController, InvitationTokenController],
        dependencies={"invitations": Provide(provide_own, sync_to_thread=False)},
    )
    return Router("/", route_handlers=[organisers, invited])
