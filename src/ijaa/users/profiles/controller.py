"""Routes of profiles."""

from typing import Annotated

from litestar import Controller, Response, Router, get, patch
from litestar.di import NamedDependency, Provide
from litestar.params import HeaderParameter, JSONBody, PathParameter

from ijaa.shared.http.etags import etag, refuse_stale
from ijaa.shared.http.requests import StrictRequest
from ijaa.shared.principals import Principal
from ijaa.users.profiles.schemas import MemberRead, ProfilePatch, ProfileRead
from ijaa.users.profiles.service import ProfileService

IfMatch = Annotated[str | None, HeaderParameter(name="If-Match", max_length=1000)]


class OwnProfileController(Controller):
    """One's own profile."""

    path = "/me/profile"
    tags = ("Profiles",)

    @get(operation_id="getMyProfile", summary="Read my profile")
    async def own(
        self, caller: NamedDependency[Principal], profiles: NamedDependency[ProfileService]
    ) -> Response[ProfileRead]:
        """Give the caller's profile with the audience of every field, and its version as the ETag."""
        profile, version = await profiles.own(caller)
        return Response(profile, headers={"ETag": etag(version)})

    @patch(operation_id="editMyProfile", summary="Edit my profile")
    async def edit(
        self,
        caller: NamedDependency[Principal],
        profiles: NamedDependency[ProfileService],
        data: JSONBody[ProfilePatch],
        if_match: IfMatch = None,
    ) -> Response[ProfileRead]:
        """Change what is given (RFC 7396); 412 when `If-Match` names another version."""
        profile, version = await profiles.edit(caller, data, lambda current: refuse_stale(if_match, current))
        return Response(profile, headers={"ETag": etag(version)})


class MemberController(Controller):
    """Members as others see them.

    The caller comes from the request: Litestar resolves two dependencies in a task group, a tenth of a read's cost.
    """

    path = "/users"
    tags = ("Profiles",)

    @get("/{username:str}", operation_id="getMember", summary="Read a member's profile")
    async def seen(
        self,
        request: StrictRequest,
        profiles: NamedDependency[ProfileService],
        username: Annotated[str, PathParameter(max_length=100)],
    ) -> MemberRead:
        """Give the fields the caller may see; null is what a field says that is empty, and one that is hidden."""
        return await profiles.seen(username, request.user)


def profile_router(service: ProfileService) -> Router:
    """Return the profile routes."""

    def provide_profiles() -> ProfileService:
        return service

    return Router(
        "/",
        route_handlers=[OwnProfileController, MemberController],
        dependencies={"profiles": Provide(provide_profiles, sync_to_thread=False)},
    )
