"""Routes of photos and covers, and of the files behind them."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, Response, Router, delete, get, put
from litestar.di import NamedDependency, Provide
from litestar.params import PathParameter, QueryParameter

from ijaa.shared.http.etags import etag
from ijaa.shared.http.images import IMAGE, image
from ijaa.shared.http.requests import StrictRequest
from ijaa.shared.http.uploads import ENVELOPE, TAKES_A_FILE, read_file
from ijaa.shared.principals import Principal
from ijaa.shared.storage_images import LARGEST, MEDIA_TYPE, Variant
from ijaa.users.photos.service import PhotoService
from ijaa.users.profiles.schemas import ProfileRead

_TAKEN = LARGEST + ENVELOPE


class OwnPhotoController(Controller):
    """The photo and the cover of one's own profile."""

    path = "/me"
    tags = ("Profiles",)

    @put(
        "/photo",
        operation_id="putMyPhoto",
        summary="Change my photo",
        opt=TAKES_A_FILE,
        request_max_body_size=_TAKEN,
    )
    async def put_photo(
        self, request: StrictRequest, caller: NamedDependency[Principal], photos: NamedDependency[PhotoService]
    ) -> Response[ProfileRead]:
        """Show a JPEG, PNG or WebP (`file`, at most 5 MB and 24 megapixels); it is drawn anew, without metadata."""
        return _profile(await photos.put(caller, "photo", await read_file(request, LARGEST)))

    @delete("/photo", operation_id="deleteMyPhoto", summary="Take my photo off", status_code=204)
    async def delete_photo(self, caller: NamedDependency[Principal], photos: NamedDependency[PhotoService]) -> None:
        """Show no photo; the file is deleted."""
        await photos.remove(caller, "photo")

    @put(
        "/cover",
        operation_id="putMyCover",
        summary="Change my cover",
        opt=TAKES_A_FILE,
        request_max_body_size=_TAKEN,
    )
    async def put_cover(
        self, request: StrictRequest, caller: NamedDependency[Principal], photos: NamedDependency[PhotoService]
    ) -> Response[ProfileRead]:
        """Show a JPEG, PNG or WebP (`file`, at most 5 MB and 24 megapixels); it is drawn anew, without metadata."""
        return _profile(await photos.put(caller, "cover", await read_file(request, LARGEST)))

    @delete("/cover", operation_id="deleteMyCover", summary="Take my cover off", status_code=204)
    async def delete_cover(self, caller: NamedDependency[Principal], photos: NamedDependency[PhotoService]) -> None:
        """Show no cover; the file is deleted."""
        await photos.remove(caller, "cover")


class FileController(Controller):
    """Files, to whom what they belong to is shown."""

    path = "/files"
    tags = ("Profiles",)

    @get(
        "/{file_id:uuid}",
        operation_id="getFile",
        summary="Read a file",
        media_type=MEDIA_TYPE,
        responses=IMAGE,
    )
    async def read(
        self,
        request: StrictRequest,
        photos: NamedDependency[PhotoService],
        file_id: Annotated[UUID, PathParameter()],
        variant: Annotated[Variant, QueryParameter()] = "full",
        token: Annotated[str | None, QueryParameter(max_length=200)] = None,
    ) -> Response[bytes]:
        """Give an image to whom its profile shows it, or to whoever has a link that is still good (`token`)."""
        found = await photos.read(file_id, variant, request.user, token)
        return image(found.content, found.media_type, found.purpose, seconds=found.seconds, public=found.public)


def photo_router(service: PhotoService) -> Router:
    """Return the routes of photos and files."""

    def provide_photos() -> PhotoService:
        return service

    return Router(
        "/",
        route_handlers=[OwnPhotoController, FileController],
        dependencies={"photos": Provide(provide_photos, sync_to_thread=False)},
    )


def _profile(changed: tuple[ProfileRead, int]) -> Response[ProfileRead]:
    profile, version = changed
    return Response(profile, headers={"ETag": etag(version)})
