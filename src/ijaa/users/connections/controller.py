"""Routes of connections and blocks."""

from typing import Annotated

from litestar import Controller, Response, Router, delete, get, post, put
from litestar.di import NamedDependency, Provide
from litestar.params import JSONBody, PathParameter, QueryParameter

from ijaa.shared.pages import Page
from ijaa.shared.principals import Principal
from ijaa.shared.schema import MAX_ID
from ijaa.users.connections.block_service import BlockService
from ijaa.users.connections.domain import Direction, Status
from ijaa.users.connections.schemas import (
    BlockRead,
    ConnectionCounts,
    ConnectionCreate,
    ConnectionRead,
    SuggestionRead,
)
from ijaa.users.connections.service import ConnectionService
from ijaa.users.connections.suggestion_service import SuggestionService
from ijaa.users.profiles.schemas import MemberCard

ConnectionId = Annotated[int, PathParameter(ge=1, le=MAX_ID)]
Username = Annotated[str, PathParameter(max_length=100)]
Limit = Annotated[int, QueryParameter(ge=1, le=100)]
Cursor = Annotated[str | None, QueryParameter(max_length=500)]


class ConnectionController(Controller):
    """One's own connections, and requests for them."""

    path = "/connections"
    tags = ("Connections",)

    @post(operation_id="requestConnection", summary="Ask somebody to connect")
    async def ask(
        self,
        caller: NamedDependency[Principal],
        connections: NamedDependency[ConnectionService],
        data: JSONBody[ConnectionCreate],
    ) -> Response[ConnectionRead]:
        """Ask a member, who is told; if he has asked already, this accepts. 409 for what is between you already."""
        made = await connections.ask(caller, data.username)
        return Response(made, headers={"Location": f"/api/v1/connections/{made.id}"})

    @get(operation_id="listConnections", summary="List my connections and requests")
    async def page(
        self,
        caller: NamedDependency[Principal],
        connections: NamedDependency[ConnectionService],
        *,
        status: Annotated[Status | None, QueryParameter()] = None,
        direction: Annotated[Direction | None, QueryParameter()] = None,
        limit: Limit = 20,
        cursor: Cursor = None,
        include_total: Annotated[bool, QueryParameter()] = False,
    ) -> Page[ConnectionRead]:
        """Give what is between the caller and others he sees, the latest change first."""
        return await connections.page(caller, status, direction, cursor, limit, include_total=include_total)

    @get("/counts", operation_id="countConnections", summary="Count my connections and requests")
    async def counts(
        self, caller: NamedDependency[Principal], connections: NamedDependency[ConnectionService]
    ) -> ConnectionCounts:
        """Give the number of connections, and of requests that wait in either direction."""
        return await connections.counts(caller)

    @get("/suggestions", operation_id="suggestConnections", summary="Find people I may know")
    async def suggestions(
        self,
        caller: NamedDependency[Principal],
        suggestions: NamedDependency[SuggestionService],
        limit: Limit = 12,
    ) -> Page[SuggestionRead]:
        """Give members who share something the caller may see, with what it is; one page is all there is.

        A batch, an event both go or went to, a company, an interest, a profession or a place.
        """
        return await suggestions.suggest(caller, limit)

    @get("/{connection_id:int}", operation_id="getConnection", summary="Read a connection")
    async def read(
        self,
        caller: NamedDependency[Principal],
        connections: NamedDependency[ConnectionService],
        connection_id: ConnectionId,
    ) -> ConnectionRead:
        """Give one of the caller's connections or requests."""
        return await connections.read(caller, connection_id)

    @post("/{connection_id:int}/accept", operation_id="acceptConnection", summary="Accept a request", status_code=200)
    async def accept(
        self,
        caller: NamedDependency[Principal],
        connections: NamedDependency[ConnectionService],
        connection_id: ConnectionId,
    ) -> ConnectionRead:
        """Connect the caller with who asked him, who is told."""
        return await connections.answer(caller, connection_id, "ACCEPTED")

    @post("/{connection_id:int}/reject", operation_id="rejectConnection", summary="Reject a request", status_code=200)
    async def reject(
        self,
        caller: NamedDependency[Principal],
        connections: NamedDependency[ConnectionService],
        connection_id: ConnectionId,
    ) -> ConnectionRead:
        """Turn a request down; nobody is told, and the same member may ask again after 30 days."""
        return await connections.answer(caller, connection_id, "REJECTED")

    @delete("/{connection_id:int}", operation_id="removeConnection", summary="Withdraw a request, end a connection")
    async def remove(
        self,
        caller: NamedDependency[Principal],
        connections: NamedDependency[ConnectionService],
        connection_id: ConnectionId,
    ) -> None:
        """Take it away without telling anybody."""
        await connections.remove(caller, connection_id)


class MutualConnectionController(Controller):
    """Whom two members are both connected with."""

    path = "/users/{username:str}/mutual-connections"
    tags = ("Connections",)

    @get(operation_id="listMutualConnections", summary="List whom we both are connected with")
    async def page(
        self,
        caller: NamedDependency[Principal],
        connections: NamedDependency[ConnectionService],
        username: Username,
        limit: Limit = 20,
        cursor: Cursor = None,
    ) -> Page[MemberCard]:
        """Give who is connected with both, by username."""
        return await connections.mutual(caller, username, cursor, limit)


class BlockController(Controller):
    """Whom one wants nothing to do with."""

    path = "/me/blocks"
    tags = ("Blocks",)

    @get(operation_id="listMyBlocks", summary="List whom I block")
    async def page(
        self,
        caller: NamedDependency[Principal],
        blocks: NamedDependency[BlockService],
        limit: Limit = 20,
        cursor: Cursor = None,
    ) -> Page[BlockRead]:
        """Give whom the caller blocks, the latest first."""
        return await blocks.page(caller, cursor, limit)

    @put("/{username:str}", operation_id="blockMember", summary="Block a member")
    async def block(
        self, caller: NamedDependency[Principal], blocks: NamedDependency[BlockService], username: Username
    ) -> BlockRead:
        """End what is between the two; neither sees the other any more, and the other is not told."""
        return await blocks.block(caller, username)

    @get("/{username:str}", operation_id="getMyBlock", summary="Read whether I block a member")
    async def read(
        self, caller: NamedDependency[Principal], blocks: NamedDependency[BlockService], username: Username
    ) -> BlockRead:
        """Give a block of the caller's own; 404 without one."""
        return await blocks.read(caller, username)

    @delete("/{username:str}", operation_id="unblockMember", summary="Block a member no more")
    async def unblock(
        self, caller: NamedDependency[Principal], blocks: NamedDependency[BlockService], username: Username
    ) -> None:
        """Let the two see each other again; what the block ended stays ended."""
        await blocks.unblock(caller, username)


def connection_router(connections: ConnectionService, suggestions: SuggestionService, blocks: BlockService) -> Router:
    """Return the routes of connections and blocks."""

    def provide_connections() -> ConnectionService:
        return connections

    def provide_suggestions() -> SuggestionService:
        return suggestions

    def provide_blocks() -> BlockService:
        return blocks

    return Router(
        "/",
        route_handlers=[ConnectionController, MutualConnectionController, BlockController],
        dependencies={
            "connections": Provide(provide_connections, sync_to_thread=False),
            "suggestions": Provide(provide_suggestions, sync_to_thread=False),
            "blocks": Provide(provide_blocks, sync_to_thread=False),
        },
    )
