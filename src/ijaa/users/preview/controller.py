"""The route of the preview."""

from typing import Annotated

from litestar import Controller, Router, get
from litestar.di import NamedDependency, Provide
from litestar.params import QueryParameter

from ijaa.shared.principals import Principal
from ijaa.users.preview.schemas import Preview
from ijaa.users.preview.service import PreviewService, Viewer


class PreviewController(Controller):
    """One's own page, as others see it."""

    path = "/me/profile/preview"
    tags = ("Profiles",)

    @get(operation_id="previewMyProfile", summary="See my profile as others do")
    async def preview(
        self,
        caller: NamedDependency[Principal],
        previews: NamedDependency[PreviewService],
        seen_as: Annotated[Viewer, QueryParameter(name="as")],
    ) -> Preview:
        """Give exactly what the public, a member or a connection gets of the caller."""
        return await previews.preview(caller, seen_as)


def preview_router(service: PreviewService) -> Router:
    """Return the route of the preview."""

    def provide_previews() -> PreviewService:
        return service

    return Router(
        "/",
        route_handlers=[PreviewController],
        dependencies={"previews": Provide(provide_previews, sync_to_thread=False)},
    )
