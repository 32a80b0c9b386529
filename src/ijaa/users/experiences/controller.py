"""Routes of experiences."""

from typing import Annotated

from litestar import Controller, Response, Router, delete, get, patch, post
from litestar.di import NamedDependency, Provide
from litestar.params import HeaderParameter, JSONBody, PathParameter

from ijaa.shared.http.etags import etag, refuse_stale
from ijaa.shared.http.requests import StrictRequest
from ijaa.shared.pages import Page
from ijaa.shared.principals import Principal
from ijaa.shared.schema import MAX_ID
from ijaa.users.experiences.schemas import ExperienceCreate, ExperiencePatch, ExperienceRead
from ijaa.users.experiences.service import ExperienceService

IfMatch = Annotated[str | None, HeaderParameter(name="If-Match", max_length=1000)]
ExperienceId = Annotated[int, PathParameter(ge=1, le=MAX_ID)]


class OwnExperienceController(Controller):
    """One's own experiences."""

    path = "/me/experiences"
    tags = ("Profiles",)

    @get(operation_id="listMyExperiences", summary="List my experiences")
    async def own(
        self, caller: NamedDependency[Principal], experiences: NamedDependency[ExperienceService]
    ) -> Page[ExperienceRead]:
        """Give all of them, at most a hundred: those that last first, then the latest, then those without dates."""
        return await experiences.own(caller)

    @post(operation_id="addMyExperience", summary="Add an experience")
    async def add(
        self,
        caller: NamedDependency[Principal],
        experiences: NamedDependency[ExperienceService],
        data: JSONBody[ExperienceCreate],
    ) -> Response[ExperienceRead]:
        """Add an experience; 409 beside a hundred."""
        added = await experiences.add(caller, data)
        location = {"Location": f"/api/v1/me/experiences/{added.id}", "ETag": etag(added.version)}
        return Response(added, headers=location)

    @patch("/{experience_id:int}", operation_id="editMyExperience", summary="Edit an experience")
    async def edit(
        self,
        caller: NamedDependency[Principal],
        experiences: NamedDependency[ExperienceService],
        experience_id: ExperienceId,
        data: JSONBody[ExperiencePatch],
        if_match: IfMatch = None,
    ) -> Response[ExperienceRead]:
        """Change what is given (RFC 7396); 412 when `If-Match` names another version."""
        edited = await experiences.edit(caller, experience_id, data, lambda version: refuse_stale(if_match, version))
        return Response(edited, headers={"ETag": etag(edited.version)})

    @delete("/{experience_id:int}", operation_id="deleteMyExperience", summary="Remove an experience")
    async def remove(
        self,
        caller: NamedDependency[Principal],
        experiences: NamedDependency[ExperienceService],
        experience_id: ExperienceId,
        if_match: IfMatch = None,
    ) -> None:
        """Remove an experience; 412 when `If-Match` names another version."""
        await experiences.remove(caller, experience_id, lambda version: refuse_stale(if_match, version))


class ExperienceController(Controller):
    """The experiences of members, as others see them."""

    path = "/users/{username:str}/experiences"
    tags = ("Profiles",)

    @get(operation_id="listExperiences", summary="List a member's experiences")
    async def seen(
        self,
        request: StrictRequest,
        experiences: NamedDependency[ExperienceService],
        username: Annotated[str, PathParameter(max_length=100)],
    ) -> Page[ExperienceRead]:
        """Give all of them to whom the member shows them; a list that is hidden looks like an empty one."""
        return await experiences.seen(username, request.user)


def experience_router(service: ExperienceService) -> Router:
    """Return the routes of experiences."""

    def provide_experiences() -> ExperienceService:
        return service

    return Router(
        "/",
        route_handlers=[OwnExperienceController, ExperienceController],
        dependencies={"experiences": Provide(provide_experiences, sync_to_thread=False)},
    )
