"""Routes of comments."""

from typing import Annotated

from litestar import Controller, Response, Router, delete, get, patch, post, put
from litestar.di import NamedDependency, Provide
from litestar.params import JSONBody, PathParameter, QueryParameter

from ijaa.events.comments.domain import Sort
from ijaa.events.comments.schemas import CommentCreate, CommentHistory, CommentPatch, CommentRead, Liked
from ijaa.events.comments.service import CommentService
from ijaa.shared.http.requests import StrictRequest
from ijaa.shared.pages import Page
from ijaa.shared.principals import Principal
from ijaa.shared.schema import MAX_ID

EventId = Annotated[int, PathParameter(ge=1, le=MAX_ID)]
CommentId = Annotated[int, PathParameter(ge=1, le=MAX_ID)]
Cursor = Annotated[str | None, QueryParameter(max_length=500)]
Limit = Annotated[int, QueryParameter(ge=1, le=100)]


class EventCommentController(Controller):
    """What people say about an event."""

    path = "/events/{event_id:int}/comments"
    tags = ("Comments",)

    @get(operation_id="listComments", summary="Read what people say about an event")
    async def page(
        self,
        request: StrictRequest,
        comments: NamedDependency[CommentService],
        event_id: EventId,
        *,
        sort: Annotated[Sort, QueryParameter(description="popular: most likes, then newest")] = "newest",
        cursor: Cursor = None,
        limit: Limit = 10,
        include_total: Annotated[bool, QueryParameter()] = False,
    ) -> Page[CommentRead]:
        """Give the comments that answer no other, each with its first three replies, to whoever sees the event."""
        return await comments.page(request.user, event_id, sort, cursor, limit, include_total=include_total)

    @post(operation_id="createComment", summary="Say something about an event")
    async def create(
        self,
        caller: NamedDependency[Principal],
        comments: NamedDependency[CommentService],
        event_id: EventId,
        data: JSONBody[CommentCreate],
    ) -> Response[CommentRead]:
        """Comment on an event, or answer a comment on it; who is answered, or named by `@username`, is told."""
        comment = await comments.create(caller, event_id, data.content, data.parent_id)
        return Response(comment, headers={"Location": f"/api/v1/comments/{comment.id}"})


class CommentController(Controller):
    """One comment."""

    path = "/comments/{comment_id:int}"
    tags = ("Comments",)

    @get(operation_id="getComment", summary="Read a comment")
    async def read(
        self, request: StrictRequest, comments: NamedDependency[CommentService], comment_id: CommentId
    ) -> CommentRead:
        """Give one comment to whoever sees its event."""
        return await comments.read(request.user, comment_id)

    @get("/replies", operation_id="listReplies", summary="Read the replies to a comment")
    async def replies(
        self,
        request: StrictRequest,
        comments: NamedDependency[CommentService],
        comment_id: CommentId,
        *,
        sort: Annotated[Sort, QueryParameter()] = "oldest",
        cursor: Cursor = None,
        limit: Limit = 10,
    ) -> Page[CommentRead]:
        """Give what answers a comment directly, each with its first three replies."""
        return await comments.replies(request.user, comment_id, sort, cursor, limit)

    @patch(operation_id="editComment", summary="Edit my comment")
    async def edit(
        self,
        caller: NamedDependency[Principal],
        comments: NamedDependency[CommentService],
        comment_id: CommentId,
        data: JSONBody[CommentPatch],
    ) -> CommentRead:
        """Change what a comment of the caller's own says; that it was edited is shown."""
        return await comments.edit(caller, comment_id, data.content)

    @delete(operation_id="deleteComment", summary="Delete a comment")
    async def remove(
        self, caller: NamedDependency[Principal], comments: NamedDependency[CommentService], comment_id: CommentId
    ) -> None:
        """Delete a comment of one's own, of an event one organises, or as a moderator; replies to it stay."""
        await comments.delete(caller, comment_id)

    @put("/like", operation_id="likeComment", summary="Like a comment")
    async def like(
        self, caller: NamedDependency[Principal], comments: NamedDependency[CommentService], comment_id: CommentId
    ) -> Liked:
        """Like a comment, once."""
        return await comments.like(caller, comment_id)

    @delete("/like", operation_id="unlikeComment", summary="Like a comment no more")
    async def unlike(
        self, caller: NamedDependency[Principal], comments: NamedDependency[CommentService], comment_id: CommentId
    ) -> None:
        """Take a like back."""
        await comments.unlike(caller, comment_id)

    @get("/history", operation_id="getCommentHistory", summary="Read what a comment said before")
    async def history(
        self,
        comments: NamedDependency[CommentService],
        comment_id: CommentId,
        cursor: Cursor = None,
        limit: Limit = 20,
    ) -> CommentHistory:
        """Give a comment with what it said before each edit, the latest first, to moderators."""
        return await comments.history(comment_id, cursor, limit)


def comment_router(service: CommentService) -> Router:
    """Return the routes of comments."""

    def provide_comments() -> CommentService:
        return service

    return Router(
        "/",
        route_handlers=[EventCommentController, CommentController],
        dependencies={"comments": Provide(provide_comments, sync_to_thread=False)},
    )
