"""Routes of feature flags."""

from typing import Annotated, Any

import msgspec
from litestar import Controller, Request, Response, Router, delete, get, patch, post
from litestar.di import NamedDependency, Provide
from litestar.params import HeaderParameter, JSONBody, PathParameter, QueryParameter

from ijaa.shared.http.etags import etag, refuse_stale
from ijaa.shared.http.policies import governed_routes
from ijaa.shared.pages import Page
from ijaa.shared.principals import Principal
from ijaa.users.flags.schemas import (
    FlagChange,
    FlagCreate,
    FlagImpact,
    FlagPatch,
    FlagRead,
    FlagState,
    GovernedRoute,
)
from ijaa.users.flags.service import FlagService

Name = Annotated[str, PathParameter(max_length=100)]
IfMatch = Annotated[str | None, HeaderParameter(name="If-Match", max_length=1000)]
Cursor = Annotated[str | None, QueryParameter(max_length=500)]
Limit = Annotated[int, QueryParameter(ge=1, le=100)]


class FlagController(Controller):
    """What is switched on, for everybody."""

    path = "/flags"
    tags = ("Feature flags",)

    @get("/{flag_name:str}", operation_id="getFlag", summary="Whether a flag is on")
    async def state(self, flags: NamedDependency[FlagService], flag_name: Name) -> FlagState:
        """Say whether a flag and all its ancestors are on; an unknown flag is off."""
        return flags.state(flag_name)


class AdminFlagController(Controller):
    """Switching flags; a change holds in every process within 100 ms."""

    path = "/admin/flags"
    tags = ("Feature flags",)

    @get(operation_id="listFlags", summary="List flags")
    async def page(
        self, flags: NamedDependency[FlagService], cursor: Cursor = None, limit: Limit = 100
    ) -> Page[FlagRead]:
        """Give flags by name."""
        return await flags.page(cursor, limit)

    @post(operation_id="createFlag", summary="Create a flag")
    async def create(
        self, caller: NamedDependency[Principal], flags: NamedDependency[FlagService], data: JSONBody[FlagCreate]
    ) -> Response[FlagRead]:
        """Add a flag, for clients that ask for it; routes are governed by those that come with the release."""
        flag = await flags.create(caller, data)
        return Response(flag, headers={"Location": f"/api/v1/admin/flags/{flag.name}", "ETag": etag(flag.version)})

    @get("/{flag_name:str}", operation_id="getFlagDetails", summary="Read a flag")
    async def read(self, flags: NamedDependency[FlagService], flag_name: Name) -> Response[FlagRead]:
        """Give a flag, with its version as the ETag."""
        return _tagged(await flags.read(flag_name))

    @patch("/{flag_name:str}", operation_id="editFlag", summary="Switch or edit a flag")
    async def edit(
        self,
        caller: NamedDependency[Principal],
        flags: NamedDependency[FlagService],
        flag_name: Name,
        data: JSONBody[FlagPatch],
        if_match: IfMatch = None,
    ) -> Response[FlagRead]:
        """Change what is given (RFC 7396); what would lock administrators out is refused."""
        return _tagged(await flags.change(caller, flag_name, data, lambda version: refuse_stale(if_match, version)))

    @delete("/{flag_name:str}", operation_id="deleteFlag", summary="Delete a flag")
    async def remove(
        self,
        caller: NamedDependency[Principal],
        flags: NamedDependency[FlagService],
        flag_name: Name,
        if_match: IfMatch = None,
    ) -> None:
        """Delete a flag nothing hangs below; what it governs is off from then on, as with any unknown flag."""
        await flags.remove(caller, flag_name, lambda version: refuse_stale(if_match, version))

    @get("/{flag_name:str}/impact", operation_id="getFlagImpact", summary="Preview a switch")
    async def impact(
        self,
        request: Request[Any, Any, Any],
        flags: NamedDependency[FlagService],
        flag_name: Name,
        enabled: Annotated[bool | None, QueryParameter(description="left out: the other way round")] = None,
    ) -> FlagImpact:
        """Tell which flags and routes a switch would turn on or off; nothing is changed."""
        impact = await flags.impact(flag_name, enabled=enabled)
        touched = {*impact.goes_on, *impact.goes_off}
        routes = [
            GovernedRoute(operation_id=one.operation_id, method=one.method, path=one.path, flag=one.flag)
            for one in governed_routes(request.app)
            if one.flag in touched
        ]
        return msgspec.structs.replace(impact, routes=routes)

    @get("/{flag_name:str}/history", operation_id="getFlagHistory", summary="What was done to a flag")
    async def history(
        self, flags: NamedDependency[FlagService], flag_name: Name, cursor: Cursor = None, limit: Limit = 20
    ) -> Page[FlagChange]:
        """Give the changes of a flag, newest first, from the audit log."""
        return await flags.history(flag_name, cursor, limit)


def _tagged(flag: FlagRead) -> Response[FlagRead]:
    return Response(flag, headers={"ETag": etag(flag.version)})


def flag_router(service: FlagService) -> Router:
    """Return the flag routes."""

    def provide_flags() -> FlagService:
        return service

    return Router(
        "/",
        route_handlers=[FlagController, AdminFlagController],
        dependencies={"flags": Provide(provide_flags, sync_to_thread=False)},
    )
