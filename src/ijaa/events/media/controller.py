"""Routes of media."""

from typing import Annotated, Any

from litestar import Controller, Response, Router, delete, get, patch, post, put
from litestar.di import NamedDependency, Provide
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import HeaderParameter, JSONBody, PathParameter, QueryParameter

from ijaa.events.media.domain import CAPTION, LARGEST, MediaType, disposition_of, largest
from ijaa.events.media.repository import Wanted
from ijaa.events.media.schemas import MediumPatch, MediumRead
from ijaa.events.media.service import MediaService
from ijaa.shared.http.etags import etag, refuse_stale
from ijaa.shared.http.forms import read_form, takes_a_form
from ijaa.shared.http.idempotency import Once
from ijaa.shared.http.images import image
from ijaa.shared.http.problems import MEDIA_TYPE as PROBLEM
from ijaa.shared.http.problems import ProblemDetails
from ijaa.shared.http.ranges import Portions, range_of
from ijaa.shared.http.requests import StrictRequest
from ijaa.shared.http.uploads import ENVELOPE
from ijaa.shared.pages import Page
from ijaa.shared.principals import Principal
from ijaa.shared.schema import MAX_ID
from ijaa.shared.storage_images import Variant

EventId = Annotated[int, PathParameter(ge=1, le=MAX_ID)]
MediaId = Annotated[int, PathParameter(ge=1, le=MAX_ID)]
IfMatch = Annotated[str | None, HeaderParameter(name="If-Match", max_length=1000)]
_FILE = {
    200: ResponseSpec(bytes, generate_examples=False, media_type="*/*", description="the file"),
    206: ResponseSpec(bytes, generate_examples=False, media_type="*/*", description="the part that was asked for"),
    416: ResponseSpec(
        ProblemDetails, generate_examples=False, media_type=PROBLEM, description="The file is shorter than that"
    ),
}


class EventMediaController(Controller):
    """Media of one event."""

    path = "/events/{event_id:int}/media"
    tags = ("Media",)

    @post(
        operation_id="uploadMedium",
        summary="Show an image, a video or a document",
        opt=takes_a_form(caption=CAPTION),
        request_max_body_size=max(LARGEST.values()) + ENVELOPE,
    )
    async def upload(
        self,
        request: StrictRequest,
        caller: NamedDependency[Principal],
        media: NamedDependency[MediaService],
        event_id: EventId,
    ) -> Response[Any]:
        """Take a `file` of somebody who comes, or runs the event, and a `caption`.

        JPEG, PNG and WebP (5 MB, 24 megapixels) are drawn anew, without metadata; MP4, QuickTime and WebM (50 MB) and
        PDF (20 MB) are kept as they are, of videos without what their containers say of place and device. Where the
        event wants it, the medium waits for an organiser's approval.
        """
        await media.admit(caller, event_id)
        once = Once(request)
        async with read_form(request, largest) as form:
            made = await media.upload(
                caller, event_id, form.file, form.head, form.words.get("caption", ""), lambda: once.begin(form.digest)
            )
        if made is None:
            assert once.answer is not None  # noqa: S101 - narrows a type
            return once.answer
        return Response(made, headers={"Location": f"/api/v1/media/{made.id}", "ETag": etag(made.version)})

    @get(operation_id="listMedia", summary="List what is shown of an event")
    async def page(
        self,
        caller: NamedDependency[Principal],
        media: NamedDependency[MediaService],
        event_id: EventId,
        *,
        media_type: Annotated[MediaType | None, QueryParameter()] = None,
        is_approved: Annotated[bool | None, QueryParameter(description="false: what waits for approval")] = None,
        cursor: Annotated[str | None, QueryParameter(max_length=500)] = None,
        limit: Annotated[int, QueryParameter(ge=1, le=100)] = 20,
    ) -> Page[MediumRead]:
        """Give what the caller sees, the newest first: what is approved, his own, and to organisers everything."""
        return await media.page(caller, event_id, Wanted(media_type, is_approved), cursor, limit)


class MediaController(Controller):
    """Media, one by one."""

    path = "/media/{media_id:int}"
    tags = ("Media",)

    @get(operation_id="getMedium", summary="Read a medium")
    async def read(
        self, caller: NamedDependency[Principal], media: NamedDependency[MediaService], media_id: MediaId
    ) -> Response[MediumRead]:
        """Give a medium with the links to its file, and its version as the ETag."""
        return _tagged(await media.read(caller, media_id))

    @get("/file", operation_id="getMediumFile", summary="Read the file of a medium", media_type="*/*", responses=_FILE)
    async def file(
        self,
        request: StrictRequest,
        media: NamedDependency[MediaService],
        media_id: MediaId,
        variant: Annotated[Variant, QueryParameter(description="of an image")] = "full",
        token: Annotated[str | None, QueryParameter(max_length=300)] = None,
        asked: Annotated[str | None, HeaderParameter(name="Range", max_length=1000)] = None,
    ) -> Response[bytes]:
        """Give a file to whom sees it, or to whoever has a link of somebody who still does; videos by ranges."""
        found = await media.file(media_id, request.user, token)
        medium = found.medium
        if medium.media_type == "IMAGE":
            content = await media.image(medium, variant)
            return image(content, medium.file_type, f"medium-{media_id}", seconds=found.seconds)
        part = range_of(asked, medium.file_size)
        return Portions(
            request, await media.portions(medium, part), medium.file_size, part, media_type=medium.file_type,
            disposition=disposition_of(media_id, medium.file_type), tag=f'"{medium.file_id.hex}"',
            seconds=found.seconds,
        )  # fmt: skip

    @patch(operation_id="editMedium", summary="Change a caption")
    async def edit(
        self,
        caller: NamedDependency[Principal],
        media: NamedDependency[MediaService],
        media_id: MediaId,
        data: JSONBody[MediumPatch],
        if_match: IfMatch = None,
    ) -> Response[MediumRead]:
        """Change the caption of one's own medium (RFC 7396); 412 when `If-Match` names another version."""
        return _tagged(await media.edit(caller, media_id, data, lambda version: refuse_stale(if_match, version)))

    @delete(operation_id="deleteMedium", summary="Delete a medium")
    async def remove(
        self, caller: NamedDependency[Principal], media: NamedDependency[MediaService], media_id: MediaId
    ) -> None:
        """Delete one's own medium, one of an event one runs, or as a moderator any."""
        await media.remove(caller, media_id)

    @post("/approve", operation_id="approveMedium", summary="Approve a medium", status_code=200)
    async def approve(
        self,
        caller: NamedDependency[Principal],
        media: NamedDependency[MediaService],
        media_id: MediaId,
        if_match: IfMatch = None,
    ) -> Response[MediumRead]:
        """Show it to everybody who sees the event."""
        return _tagged(await media.approve(caller, media_id, lambda version: refuse_stale(if_match, version)))

    @post("/reject", operation_id="rejectMedium", summary="Reject a medium", status_code=204)
    async def reject(
        self, caller: NamedDependency[Principal], media: NamedDependency[MediaService], media_id: MediaId
    ) -> None:
        """Delete a medium that waits for approval."""
        await media.reject(caller, media_id)

    @put("/like", operation_id="likeMedium", summary="Like a medium")
    async def like(
        self, caller: NamedDependency[Principal], media: NamedDependency[MediaService], media_id: MediaId
    ) -> MediumRead:
        """Note that the caller likes it; again is the same as once."""
        return await media.like(caller, media_id, liked=True)

    @delete("/like", operation_id="unlikeMedium", summary="Like a medium no longer")
    async def unlike(
        self, caller: NamedDependency[Principal], media: NamedDependency[MediaService], media_id: MediaId
    ) -> None:
        """Note that the caller does not like it."""
        await media.like(caller, media_id, liked=False)


def media_router(service: MediaService) -> Router:
    """Return the routes of media."""

    def provide_media() -> MediaService:
        return service

    return Router(
        "/",
        route_handlers=[EventMediaController, MediaController],
        dependencies={"media": Provide(provide_media, sync_to_thread=False)},
    )


def _tagged(medium: MediumRead) -> Response[MediumRead]:
    return Response(medium, headers={"ETag": etag(medium.version)})
