"""Routes of announcements."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, Response, Router, delete, get, patch, post, put
from litestar.di import NamedDependency, Provide
from litestar.params import JSONBody, PathParameter, QueryParameter

from ijaa.shared.http.etags import etag, refuse_stale
from ijaa.shared.http.images import IMAGE, image
from ijaa.shared.http.requests import StrictRequest
from ijaa.shared.http.uploads import ENVELOPE, TAKES_A_FILE, read_file
from ijaa.shared.pages import Page
from ijaa.shared.principals import Principal
from ijaa.shared.schema import MAX_ID
from ijaa.shared.storage_images import LARGEST, MEDIA_TYPE, Variant
from ijaa.users.announcements.domain import Category
from ijaa.users.announcements.schemas import (
    AnnouncementCreate,
    AnnouncementDetails,
    AnnouncementPatch,
    MemberAnnouncement,
)
from ijaa.users.announcements.service import AnnouncementService
from ijaa.users.profiles.controller import IfMatch

AnnouncementId = Annotated[int, PathParameter(ge=1, le=MAX_ID)]
Cursor = Annotated[str | None, QueryParameter(max_length=500)]
Limit = Annotated[int, QueryParameter(ge=1, le=100)]


class AnnouncementController(Controller):
    """What the association tells the caller."""

    path = "/announcements"
    tags = ("Announcements",)

    @get(operation_id="listAnnouncements", summary="Read announcements")
    async def page(
        self,
        caller: NamedDependency[Principal],
        announcements: NamedDependency[AnnouncementService],
        *,
        category: Annotated[Category | None, QueryParameter()] = None,
        unread: Annotated[bool, QueryParameter()] = False,
        cursor: Cursor = None,
        limit: Limit = 20,
    ) -> Page[MemberAnnouncement]:
        """Give what is for the caller now: pinned and urgent first, then the newest."""
        return await announcements.seen_page(caller, category, cursor, limit, unread=unread)

    @get("/{announcement_id:int}", operation_id="getAnnouncement", summary="Read an announcement")
    async def read(
        self,
        caller: NamedDependency[Principal],
        announcements: NamedDependency[AnnouncementService],
        announcement_id: AnnouncementId,
    ) -> MemberAnnouncement:
        """Give an announcement that is for the caller now; reading it marks nothing."""
        return await announcements.seen(caller, announcement_id)

    @post(
        "/{announcement_id:int}/read",
        operation_id="markAnnouncementRead",
        summary="Mark an announcement as read",
        status_code=204,
    )
    async def mark_read(
        self,
        caller: NamedDependency[Principal],
        announcements: NamedDependency[AnnouncementService],
        announcement_id: AnnouncementId,
    ) -> None:
        """Note that the caller read it; again is the same as once."""
        await announcements.mark_read(caller, announcement_id)

    @get(
        "/images/{image_id:uuid}",
        operation_id="getAnnouncementImage",
        summary="Read an announcement's image",
        media_type=MEDIA_TYPE,
        responses=IMAGE,
    )
    async def image(
        self,
        request: StrictRequest,
        announcements: NamedDependency[AnnouncementService],
        image_id: Annotated[UUID, PathParameter()],
        variant: Annotated[Variant, QueryParameter()] = "full",
        token: Annotated[str | None, QueryParameter(max_length=200)] = None,
    ) -> Response[bytes]:
        """Give an image to whom its announcement is for, or to whoever has a link that is still good (`token`)."""
        content, media_type, seconds = await announcements.image(image_id, variant, request.user, token)
        return image(content, media_type, "announcement", seconds=seconds)


class AnnouncementAdminController(Controller):
    """Announcements, for those who write them."""

    path = "/admin/announcements"
    tags = ("Administration",)

    @get(operation_id="listAllAnnouncements", summary="List announcements")
    async def page(
        self,
        announcements: NamedDependency[AnnouncementService],
        cursor: Cursor = None,
        limit: Limit = 20,
    ) -> Page[AnnouncementDetails]:
        """List every announcement, visible or not, the newest first."""
        return await announcements.page(cursor, limit)

    @post(operation_id="createAnnouncement", summary="Write an announcement")
    async def create(
        self,
        caller: NamedDependency[Principal],
        announcements: NamedDependency[AnnouncementService],
        data: JSONBody[AnnouncementCreate],
    ) -> Response[AnnouncementDetails]:
        """Write an announcement; those it is for are told once it is visible."""
        made, version = await announcements.create(caller, data)
        place = {"Location": f"/api/v1/admin/announcements/{made.id}", "ETag": etag(version)}
        return Response(made, headers=place)

    @get("/{announcement_id:int}", operation_id="getAnnouncementDetails", summary="Read an announcement's details")
    async def read(
        self, announcements: NamedDependency[AnnouncementService], announcement_id: AnnouncementId
    ) -> Response[AnnouncementDetails]:
        """Give an announcement, whomever it is for, with its version as the ETag."""
        found, version = await announcements.read(announcement_id)
        return Response(found, headers={"ETag": etag(version)})

    @patch("/{announcement_id:int}", operation_id="editAnnouncement", summary="Edit an announcement")
    async def edit(
        self,
        caller: NamedDependency[Principal],
        announcements: NamedDependency[AnnouncementService],
        announcement_id: AnnouncementId,
        data: JSONBody[AnnouncementPatch],
        if_match: IfMatch = None,
    ) -> Response[AnnouncementDetails]:
        """Change what is given (RFC 7396); 412 when `If-Match` names another version."""
        changed, version = await announcements.edit(
            caller, announcement_id, data, lambda current: refuse_stale(if_match, current)
        )
        return Response(changed, headers={"ETag": etag(version)})

    @put(
        "/{announcement_id:int}/image",
        operation_id="putAnnouncementImage",
        summary="Show an image with an announcement",
        opt=TAKES_A_FILE,
        request_max_body_size=LARGEST + ENVELOPE,
    )
    async def put_image(
        self,
        request: StrictRequest,
        caller: NamedDependency[Principal],
        announcements: NamedDependency[AnnouncementService],
        announcement_id: AnnouncementId,
        if_match: IfMatch = None,
    ) -> Response[AnnouncementDetails]:
        """Show a JPEG, PNG or WebP (`file`, at most 5 MB and 24 megapixels); it is drawn anew, without metadata."""
        raw = await read_file(request, LARGEST)
        changed, version = await announcements.put_image(
            caller, announcement_id, raw, lambda current: refuse_stale(if_match, current)
        )
        return Response(changed, headers={"ETag": etag(version)})

    @delete(
        "/{announcement_id:int}/image",
        operation_id="deleteAnnouncementImage",
        summary="Take an announcement's image off",
        status_code=204,
    )
    async def delete_image(
        self,
        caller: NamedDependency[Principal],
        announcements: NamedDependency[AnnouncementService],
        announcement_id: AnnouncementId,
        if_match: IfMatch = None,
    ) -> None:
        """Show no image with it; the file is deleted."""
        await announcements.remove_image(caller, announcement_id, lambda current: refuse_stale(if_match, current))

    @delete("/{announcement_id:int}", operation_id="deleteAnnouncement", summary="Delete an announcement")
    async def remove(
        self,
        caller: NamedDependency[Principal],
        announcements: NamedDependency[AnnouncementService],
        announcement_id: AnnouncementId,
        if_match: IfMatch = None,
    ) -> None:
        """Delete an announcement, and who read it."""
        await announcements.remove(caller, announcement_id, lambda current: refuse_stale(if_match, current))


def announcement_router(service: AnnouncementService) -> Router:
    """Return the routes of announcements."""

    def provide_announcements() -> AnnouncementService:
        return service

    return Router(
        "/",
        route_handlers=[AnnouncementController, AnnouncementAdminController],
        dependencies={"announcements": Provide(provide_announcements, sync_to_thread=False)},
    )
