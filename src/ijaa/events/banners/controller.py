"""Routes of banners."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, Response, Router, delete, get, put
from litestar.di import NamedDependency, Provide
from litestar.params import HeaderParameter, PathParameter, QueryParameter

from ijaa.events.banners.service import BannerService
from ijaa.events.catalogue.schemas import EventDetails
from ijaa.shared.http.etags import etag, refuse_stale
from ijaa.shared.http.images import IMAGE, image
from ijaa.shared.http.requests import StrictRequest
from ijaa.shared.http.uploads import ENVELOPE, TAKES_A_FILE, read_file
from ijaa.shared.principals import Principal
from ijaa.shared.schema import MAX_ID
from ijaa.shared.storage_images import LARGEST, MEDIA_TYPE, Variant

EventId = Annotated[int, PathParameter(ge=1, le=MAX_ID)]
IfMatch = Annotated[str | None, HeaderParameter(name="If-Match", max_length=1000)]


class BannerController(Controller):
    """The image an event is shown by."""

    path = "/events/{event_id:int}/banner"
    tags = ("Media",)

    @put(
        operation_id="putEventBanner",
        summary="Change the banner of an event",
        opt=TAKES_A_FILE,
        request_max_body_size=LARGEST + ENVELOPE,
    )
    async def put(
        self,
        request: StrictRequest,
        caller: NamedDependency[Principal],
        banners: NamedDependency[BannerService],
        event_id: EventId,
        if_match: IfMatch = None,
    ) -> Response[EventDetails]:
        """Show a JPEG, PNG or WebP (`file`, at most 5 MB and 24 megapixels); it is drawn anew, without metadata."""
        await banners.admit(caller, event_id)
        raw = await read_file(request, LARGEST)
        event = await banners.put(caller, event_id, raw, lambda version: refuse_stale(if_match, version))
        return Response(event, headers={"ETag": etag(event.version)})

    @delete(operation_id="deleteEventBanner", summary="Take the banner of an event off", status_code=204)
    async def remove(
        self,
        caller: NamedDependency[Principal],
        banners: NamedDependency[BannerService],
        event_id: EventId,
        if_match: IfMatch = None,
    ) -> None:
        """Show no banner; the file is deleted."""
        await banners.remove(caller, event_id, lambda version: refuse_stale(if_match, version))

    @get(
        "/{banner_id:uuid}",
        operation_id="getEventBanner",
        summary="Read the banner of an event",
        media_type=MEDIA_TYPE,
        responses=IMAGE,
    )
    async def read(
        self,
        request: StrictRequest,
        banners: NamedDependency[BannerService],
        event_id: EventId,
        banner_id: Annotated[UUID, PathParameter()],
        variant: Annotated[Variant, QueryParameter()] = "full",
        token: Annotated[str | None, QueryParameter(max_length=300)] = None,
    ) -> Response[bytes]:
        """Give the image to whom sees the event, or to whoever has a link of somebody who still does (`token`)."""
        content, seconds = await banners.read(event_id, banner_id, variant, request.user, token)
        return image(content, MEDIA_TYPE, "banner", seconds=seconds)


def banner_router(service: BannerService) -> Router:
    """Return the routes of banners."""

    def provide_banners() -> BannerService:
        return service

    return Router(
        "/",
        route_handlers=[BannerController],
        dependencies={"banners": Provide(provide_banners, sync_to_thread=False)},
    )
