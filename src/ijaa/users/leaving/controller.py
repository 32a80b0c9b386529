"""Routes of leaving."""

from litestar import Controller, Router, delete, post
from litestar.di import NamedDependency, Provide
from litestar.params import JSONBody

from ijaa.shared.principals import Principal
from ijaa.users.leaving.schemas import Leave, Return
from ijaa.users.leaving.service import LeavingService


class LeavingController(Controller):
    """Leaving, and coming back."""

    path = "/"
    tags = ("Accounts",)

    @delete("/me", operation_id="leave", summary="Leave", status_code=202)
    async def leave(self, caller: NamedDependency[Principal], leaving: NamedDependency[LeavingService]) -> Leave:
        """Hide the caller, sign him out everywhere and erase him after 30 days; the mail says how to come back."""
        return await leaving.leave(caller)

    @post("/auth/return", operation_id="comeBack", summary="Come back", status_code=204)
    async def come_back(self, leaving: NamedDependency[LeavingService], data: JSONBody[Return]) -> None:
        """Undo a leave by the token that was mailed about it: good once, and until the 30 days are over."""
        await leaving.come_back(data.token)


def leaving_router(service: LeavingService) -> Router:
    """Return the routes of leaving."""

    def provide_leaving() -> LeavingService:
        return service

    return Router(
        "/",
        route_handlers=[LeavingController],
        dependencies={"leaving": Provide(provide_leaving, sync_to_thread=False)},
    )
