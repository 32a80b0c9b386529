"""Routes of admins."""

from typing import Annotated

from litestar import Controller, Response, Router, delete, get, patch, post
from litestar.di import NamedDependency, Provide
from litestar.params import JSONBody, PathParameter, QueryParameter

from ijaa.shared.http.etags import etag, refuse_stale
from ijaa.shared.pages import Page
from ijaa.shared.principals import Principal
from ijaa.users.admins.schemas import AdminCreate, AdminCreated, AdminLogin, AdminPatch, AdminRead
from ijaa.users.admins.service import AdminLoginService, AdminService
from ijaa.users.profiles.controller import IfMatch
from ijaa.users.sessions.delivery import TokenDelivery
from ijaa.users.sessions.device import provide_device
from ijaa.users.sessions.schemas import Device, SignedIn

AdminId = Annotated[str, PathParameter(max_length=50)]


class AdminAuthController(Controller):
    """Signing in as an admin; refreshing and ending that session works as for members."""

    path = "/admin/auth"
    tags = ("Administration",)

    @post("/login", operation_id="logInAdmin", summary="Sign in as admin", status_code=200)
    async def log_in(
        self,
        logins: NamedDependency[AdminLoginService],
        delivery: NamedDependency[TokenDelivery],
        device: NamedDependency[Device],
        data: JSONBody[AdminLogin],
    ) -> Response[SignedIn]:
        """Sign in by e-mail, and a second factor where there is one; `username` is the admin's public id."""
        tokens = await logins.log_in(data.email, data.password, data.totp, device)
        return delivery.answer(tokens, data.token_delivery)


class AdminController(Controller):
    """The accounts of admins."""

    path = "/admin/admins"
    tags = ("Administration",)

    @get(operation_id="listAdmins", summary="List admins")
    async def page(
        self,
        admins: NamedDependency[AdminService],
        limit: Annotated[int, QueryParameter(ge=1, le=100)] = 20,
        cursor: Annotated[str | None, QueryParameter(max_length=500)] = None,
    ) -> Page[AdminRead]:
        """List every admin, active or not, oldest first."""
        return await admins.page(cursor, limit)

    @get("/{admin_id:str}", operation_id="getAdmin", summary="Read an admin")
    async def read(self, admins: NamedDependency[AdminService], admin_id: AdminId) -> Response[AdminRead]:
        """Give an admin, and the version as the ETag."""
        found, version = await admins.read(admin_id)
        return Response(found, headers={"ETag": etag(version)})

    @post(operation_id="createAdmin", summary="Make an admin")
    async def create(
        self,
        caller: NamedDependency[Principal],
        admins: NamedDependency[AdminService],
        data: JSONBody[AdminCreate],
    ) -> Response[AdminCreated]:
        """Make an admin; a password that was made up is shown in this answer, and never again."""
        made = await admins.create(
            name=data.name, email=data.email, role=data.role, password=data.password, actor=caller.user_id
        )
        return Response(made, headers={"Location": f"/api/v1/admin/admins/{made.admin_id}"})

    @patch("/{admin_id:str}", operation_id="editAdmin", summary="Edit an admin")
    async def edit(
        self,
        caller: NamedDependency[Principal],
        admins: NamedDependency[AdminService],
        admin_id: AdminId,
        data: JSONBody[AdminPatch],
        if_match: IfMatch = None,
    ) -> Response[AdminRead]:
        """Change the name, or give another role, which ends the sessions of the admin."""
        changed, version = await admins.edit(caller, admin_id, data, lambda current: refuse_stale(if_match, current))
        return Response(changed, headers={"ETag": etag(version)})

    @post("/{admin_id:str}/activate", operation_id="activateAdmin", summary="Switch an admin on", status_code=200)
    async def activate(
        self, caller: NamedDependency[Principal], admins: NamedDependency[AdminService], admin_id: AdminId
    ) -> AdminRead:
        """Let an admin sign in again."""
        return await admins.activate(caller, admin_id)

    @post("/{admin_id:str}/deactivate", operation_id="deactivateAdmin", summary="Switch an admin off", status_code=200)
    async def deactivate(
        self, caller: NamedDependency[Principal], admins: NamedDependency[AdminService], admin_id: AdminId
    ) -> AdminRead:
        """End every session of an admin and let him sign in no more; never oneself."""
        return await admins.deactivate(caller, admin_id)

    @delete("/{admin_id:str}/totp", operation_id="resetAdminTotp", summary="Take a second factor away")
    async def reset_totp(
        self, caller: NamedDependency[Principal], admins: NamedDependency[AdminService], admin_id: AdminId
    ) -> None:
        """Take the second factor of an admin who lost it away; his sessions end."""
        await admins.reset_totp(caller, admin_id)


def admin_router(logins: AdminLoginService, admins: AdminService, delivery: TokenDelivery) -> Router:
    """Return the admin routes."""

    def provide_logins() -> AdminLoginService:
        return logins

    def provide_admins() -> AdminService:
        return admins

    def provide_delivery() -> TokenDelivery:
        return delivery

    return Router(
        "/",
        route_handlers=[AdminAuthController, AdminController],
        dependencies={
            "logins": Provide(provide_logins, sync_to_thread=False),
            "admins": Provide(provide_admins, sync_to_thread=False),
            "delivery": Provide(provide_delivery, sync_to_thread=False),
            "device": Provide(provide_device, sync_to_thread=False),
        },
    )
