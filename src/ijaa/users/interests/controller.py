"""Routes of interests."""

from typing import Annotated

from litestar import Controller, Response, Router, delete, get, patch, post
from litestar.di import NamedDependency, Provide
from litestar.params import HeaderParameter, JSONBody, PathParameter, QueryParameter

from ijaa.shared.http.etags import etag, refuse_stale
from ijaa.shared.http.requests import StrictRequest
from ijaa.shared.pages import Page
from ijaa.shared.principals import Principal
from ijaa.shared.schema import MAX_ID
from ijaa.users.interests.schemas import InterestCreate, InterestPatch, InterestRead, Suggestions
from ijaa.users.interests.service import InterestService

IfMatch = Annotated[str | None, HeaderParameter(name="If-Match", max_length=1000)]
InterestId = Annotated[int, PathParameter(ge=1, le=MAX_ID)]


class OwnInterestController(Controller):
    """One's own interests."""

    path = "/me/interests"
    tags = ("Profiles",)

    @get(operation_id="listMyInterests", summary="List my interests")
    async def own(
        self, caller: NamedDependency[Principal], interests: NamedDependency[InterestService]
    ) -> Page[InterestRead]:
        """Give all of them, at most fifty, in the order of the alphabet."""
        return await interests.own(caller)

    @post(operation_id="addMyInterest", summary="Add an interest")
    async def add(
        self,
        caller: NamedDependency[Principal],
        interests: NamedDependency[InterestService],
        data: JSONBody[InterestCreate],
    ) -> Response[InterestRead]:
        """Add an interest; 409 for one there is already, whatever its case and accents, and beside fifty."""
        added = await interests.add(caller, data)
        location = {"Location": f"/api/v1/me/interests/{added.id}", "ETag": etag(added.version)}
        return Response(added, headers=location)

    @patch("/{interest_id:int}", operation_id="editMyInterest", summary="Edit an interest")
    async def edit(
        self,
        caller: NamedDependency[Principal],
        interests: NamedDependency[InterestService],
        interest_id: InterestId,
        data: JSONBody[InterestPatch],
        if_match: IfMatch = None,
    ) -> Response[InterestRead]:
        """Change the words of an interest; 412 when `If-Match` names another version."""
        edited = await interests.edit(caller, interest_id, data, lambda version: refuse_stale(if_match, version))
        return Response(edited, headers={"ETag": etag(edited.version)})

    @delete("/{interest_id:int}", operation_id="deleteMyInterest", summary="Remove an interest")
    async def remove(
        self,
        caller: NamedDependency[Principal],
        interests: NamedDependency[InterestService],
        interest_id: InterestId,
        if_match: IfMatch = None,
    ) -> None:
        """Remove an interest; 412 when `If-Match` names another version."""
        await interests.remove(caller, interest_id, lambda version: refuse_stale(if_match, version))


class InterestController(Controller):
    """The interests of members, as others see them."""

    tags = ("Profiles",)

    @get("/users/{username:str}/interests", operation_id="listInterests", summary="List a member's interests")
    async def seen(
        self,
        request: StrictRequest,
        interests: NamedDependency[InterestService],
        username: Annotated[str, PathParameter(max_length=100)],
    ) -> Page[InterestRead]:
        """Give all of them to whom the member shows them; a list that is hidden looks like an empty one."""
        return await interests.seen(username, request.user)

    @get("/interests/suggestions", operation_id="suggestInterests", summary="Suggest interests")
    async def suggestions(
        self,
        caller: NamedDependency[Principal],
        interests: NamedDependency[InterestService],
        q: Annotated[str, QueryParameter(min_length=1, max_length=100)],
    ) -> Suggestions:
        """Give up to ten interests that begin like `q`, two letters at least, and that three others show the caller."""
        return await interests.suggested(caller, q)


def interest_router(service: InterestService) -> Router:
    """Return the routes of interests."""

    def provide_interests() -> InterestService:
        return service

    return Router(
        "/",
        route_handlers=[OwnInterestController, InterestController],
        dependencies={"interests": Provide(provide_interests, sync_to_thread=False)},
    )
