"""Routes of settings."""

from typing import Annotated

from litestar import Controller, Response, Router, get, patch
from litestar.di import NamedDependency, Provide
from litestar.params import HeaderParameter, JSONBody

from ijaa.shared.http.etags import etag, refuse_stale
from ijaa.shared.principals import Principal
from ijaa.users.settings.schemas import SettingsPatch, SettingsRead
from ijaa.users.settings.service import SettingsService

IfMatch = Annotated[str | None, HeaderParameter(name="If-Match", max_length=1000)]


class SettingsController(Controller):
    """How a member wants his application to look and speak."""

    path = "/me/settings"
    tags = ("Profiles",)

    @get(operation_id="getMySettings", summary="Read my settings")
    async def read(
        self, caller: NamedDependency[Principal], choices: NamedDependency[SettingsService]
    ) -> Response[SettingsRead]:
        """Give theme, language and time zone, and their version as the ETag."""
        found, version = await choices.read(caller)
        return Response(found, headers={"ETag": etag(version)})

    @patch(operation_id="editMySettings", summary="Change my settings")
    async def edit(
        self,
        caller: NamedDependency[Principal],
        choices: NamedDependency[SettingsService],
        data: JSONBody[SettingsPatch],
        if_match: IfMatch = None,
    ) -> Response[SettingsRead]:
        """Change what is given (RFC 7396); null goes back to the default; 412 for another version in `If-Match`."""
        changed, version = await choices.edit(caller, data, lambda current: refuse_stale(if_match, current))
        return Response(changed, headers={"ETag": etag(version)})


def settings_router(service: SettingsService) -> Router:
    """Return the routes of settings."""

    def provide_choices() -> SettingsService:
        return service

    return Router(
        "/",
        route_handlers=[SettingsController],
        dependencies={"choices": Provide(provide_choices, sync_to_thread=False)},
    )
