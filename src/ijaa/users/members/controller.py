"""Routes about members, for admins."""

from typing import Annotated

from litestar import Controller, Response, Router, delete, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import JSONBody, PathParameter, QueryParameter

from ijaa.shared.http.description import EMPTY
from ijaa.shared.pages import Page
from ijaa.shared.principals import Principal
from ijaa.users.members.schemas import MemberAccount, Suspension
from ijaa.users.members.service import MemberService
from ijaa.users.standing import MemberStatus

Username = Annotated[str, PathParameter(max_length=100)]


class MemberController(Controller):
    """Members, and the measures taken about them."""

    path = "/admin/users"
    tags = ("Administration",)

    @get(operation_id="listUsers", summary="List members")
    async def page(
        self,
        members: NamedDependency[MemberService],
        q: Annotated[str | None, QueryParameter(min_length=1, max_length=100)] = None,
        status: Annotated[MemberStatus | None, QueryParameter()] = None,
        limit: Annotated[int, QueryParameter(ge=1, le=100)] = 12,
        cursor: Annotated[str | None, QueryParameter(max_length=500)] = None,
    ) -> Page[MemberAccount]:
        """List members by username; `q` is looked for in username, name and e-mail."""
        return await members.page(q, status, cursor, limit)

    @get("/{username:str}", operation_id="getUser", summary="Read a member's account")
    async def read(self, members: NamedDependency[MemberService], username: Username) -> MemberAccount:
        """Give a member's account, whatever its standing."""
        return await members.read(username)

    @post("/{username:str}/suspend", operation_id="suspendUser", summary="Suspend a member", status_code=200)
    async def suspend(
        self,
        caller: NamedDependency[Principal],
        members: NamedDependency[MemberService],
        username: Username,
        data: JSONBody[Suspension],
    ) -> MemberAccount:
        """End every session of a member and let him in no more, for good or until a moment; he is told why."""
        return await members.suspend(caller, username, data)

    @post("/{username:str}/reinstate", operation_id="reinstateUser", summary="Reinstate a member", status_code=200)
    async def reinstate(
        self, caller: NamedDependency[Principal], members: NamedDependency[MemberService], username: Username
    ) -> MemberAccount:
        """End a suspension, or bring back an account that was deleted less than 30 days ago."""
        return await members.reinstate(caller, username)

    @delete(
        "/{username:str}",
        operation_id="deleteUser",
        summary="Delete a member",
        status_code=202,
        opt={EMPTY: "Erased immediately"},
    )
    async def remove(
        self,
        caller: NamedDependency[Principal],
        members: NamedDependency[MemberService],
        username: Username,
        immediately: Annotated[bool, QueryParameter()] = False,  # noqa: FBT002 - a query parameter
    ) -> Response[MemberAccount | None]:
        """Begin 30 days in which nobody sees him and it can be undone; `immediately` erases at once and answers 204."""
        if immediately:
            await members.erase(caller, username)
            return Response(None, status_code=204)
        return Response(await members.delete(caller, username), status_code=202)


def member_router(service: MemberService) -> Router:
    """Return the routes about members."""

    def provide_members() -> MemberService:
        return service

    return Router(
        "/",
        route_handlers=[MemberController],
        dependencies={"members": Provide(provide_members, sync_to_thread=False)},
    )
