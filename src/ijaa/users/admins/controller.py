"""Routes of admins."""

from litestar import Controller, Response, Router, post
from litestar.di import NamedDependency, Provide
from litestar.params import JSONBody

from ijaa.users.admins.schemas import AdminLogin
from ijaa.users.admins.service import AdminLoginService
from ijaa.users.sessions.delivery import TokenDelivery
from ijaa.users.sessions.device import provide_device
from ijaa.users.sessions.schemas import Device, SignedIn


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
        """Sign in by e-mail; every failure is answered alike. `username` is the admin's public id."""
        return delivery.answer(await logins.log_in(data.email, data.password, device), data.token_delivery)


def admin_router(logins: AdminLoginService, delivery: TokenDelivery) -> Router:
    """Return the admin routes."""

    def provide_logins() -> AdminLoginService:
        return logins

    def provide_delivery() -> TokenDelivery:
        return delivery

    return Router(
        "/",
        route_handlers=[AdminAuthController],
        dependencies={
            "logins": Provide(provide_logins, sync_to_thread=False),
            "delivery": Provide(provide_delivery, sync_to_thread=False),
            "device": Provide(provide_device, sync_to_thread=False),
        },
    )
