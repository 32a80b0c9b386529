"""Routes of the directory."""

from typing import Annotated

from litestar import Controller, Router, get
from litestar.di import NamedDependency, Provide
from litestar.params import QueryParameter

from ijaa.shared.pages import Page
from ijaa.shared.principals import Principal
from ijaa.users.directory.domain import Sort
from ijaa.users.directory.schemas import Facets, FoundMember, Suggestions, Wanted
from ijaa.users.directory.service import DirectoryService

Text = Annotated[str | None, QueryParameter(min_length=1, max_length=100)]
Batch = Annotated[str | None, QueryParameter(min_length=1, max_length=10)]


class DirectoryController(Controller):
    """The alumni."""

    path = "/users"
    tags = ("Directory",)

    @get(operation_id="searchMembers", summary="Search the alumni")
    async def search(
        self,
        caller: NamedDependency[Principal],
        directory: NamedDependency[DirectoryService],
        q: Text = None,
        batch: Batch = None,
        batch_from: Batch = None,
        batch_to: Batch = None,
        profession: Text = None,
        company: Text = None,
        location: Text = None,
        interest: Text = None,
        sort: Annotated[Sort, QueryParameter()] = "relevance",
        cursor: Annotated[str | None, QueryParameter(max_length=2000)] = None,
        limit: Annotated[int, QueryParameter(ge=1, le=100)] = 12,
        include_total: Annotated[bool, QueryParameter()] = False,  # noqa: FBT002 - of the query string
    ) -> Page[FoundMember]:
        """Give members by what the caller sees of them.

        Every word of `q` begins a word of a name, profession, place, company, title or interest; a name that nobody
        has may be a little misspelt. By relevance names come first, by batch the latest.
        """
        wanted = Wanted(
            q=q, batch=batch, batch_from=batch_from, batch_to=batch_to, profession=profession, company=company,
            location=location, interest=interest,
        )  # fmt: skip
        return await directory.page(caller, wanted, sort, cursor, limit, include_total=include_total)

    @get("/facets", operation_id="countMembers", summary="What those who are found have in common")
    async def facets(
        self,
        caller: NamedDependency[Principal],
        directory: NamedDependency[DirectoryService],
        q: Text = None,
        batch: Batch = None,
        batch_from: Batch = None,
        batch_to: Batch = None,
        profession: Text = None,
        company: Text = None,
        location: Text = None,
        interest: Text = None,
    ) -> Facets:
        """Give the fifty most frequent batches, professions and places, of at least three people each."""
        wanted = Wanted(
            q=q, batch=batch, batch_from=batch_from, batch_to=batch_to, profession=profession, company=company,
            location=location, interest=interest,
        )  # fmt: skip
        return await directory.facets(caller, wanted)

    @get("/suggestions", operation_id="suggestMembers", summary="Whom somebody may mean who is typing")
    async def suggestions(
        self,
        caller: NamedDependency[Principal],
        directory: NamedDependency[DirectoryService],
        q: Annotated[str, QueryParameter(min_length=1, max_length=100)],
    ) -> Suggestions:
        """Give up to eight members whose names begin with these words."""
        return await directory.suggested(caller, q)


def directory_router(service: DirectoryService) -> Router:
    """Return the routes of the directory."""

    def provide_directory() -> DirectoryService:
        return service

    return Router(
        "/",
        route_handlers=[DirectoryController],
        dependencies={
            "directory": Provide(provide_directory, sync_to_thread=False),
        },
    )
