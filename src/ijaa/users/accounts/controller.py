"""Routes of accounts."""

from litestar import Controller, Response, Router, get, patch, post
from litestar.di import NamedDependency, Provide
from litestar.params import JSONBody

from ijaa.shared.http.etags import etag, refuse_stale
from ijaa.shared.principals import Principal
from ijaa.users.accounts.schemas import Login, MePatch, MeRead, Registration, Resend, Sent, Verification
from ijaa.users.accounts.service import LoginService, MeService, RegistrationService
from ijaa.users.profiles.controller import IfMatch
from ijaa.users.sessions.delivery import TokenDelivery
from ijaa.users.sessions.device import provide_device
from ijaa.users.sessions.schemas import Device, SignedIn


class AccountController(Controller):
    """Registering, confirming, signing in."""

    path = "/auth"
    tags = ("Accounts",)

    @post("/register", operation_id="register", summary="Register", status_code=202)
    async def register(self, registrations: NamedDependency[RegistrationService], data: JSONBody[Registration]) -> Sent:
        """Take a registration and mail a token; an address that is known already gets the same answer here."""
        await registrations.register(data)
        return Sent()

    @post("/verify-email", operation_id="verifyEmail", summary="Confirm an address", status_code=200)
    async def verify(
        self,
        registrations: NamedDependency[RegistrationService],
        delivery: NamedDependency[TokenDelivery],
        device: NamedDependency[Device],
        data: JSONBody[Verification],
    ) -> Response[SignedIn]:
        """Confirm the address the token was mailed to, and sign its owner in."""
        return delivery.answer(await registrations.confirm(data.token, device), data.token_delivery)

    @post("/verify-email/resend", operation_id="resendVerification", summary="Mail again", status_code=202)
    async def resend(self, registrations: NamedDependency[RegistrationService], data: JSONBody[Resend]) -> Sent:
        """Mail a new token if the address waits to be confirmed; the answer never tells."""
        await registrations.resend(data.email)
        return Sent()

    @post("/login", operation_id="logIn", summary="Sign in", status_code=200)
    async def log_in(
        self,
        logins: NamedDependency[LoginService],
        delivery: NamedDependency[TokenDelivery],
        device: NamedDependency[Device],
        data: JSONBody[Login],
    ) -> Response[SignedIn]:
        """Sign in by username or e-mail; every failure is answered alike."""
        return delivery.answer(await logins.log_in(data.login, data.password, device), data.token_delivery)


class MeController(Controller):
    """One's own account."""

    path = "/me"
    tags = ("Accounts",)

    @get(operation_id="getMe", summary="Read my account")
    async def read(self, caller: NamedDependency[Principal], me: NamedDependency[MeService]) -> Response[MeRead]:
        """Give the caller's account, and its version as the ETag."""
        account, version = await me.read(caller)
        return Response(account, headers={"ETag": etag(version)})

    @patch(operation_id="editMe", summary="Edit my account")
    async def edit(
        self,
        caller: NamedDependency[Principal],
        me: NamedDependency[MeService],
        data: JSONBody[MePatch],
        if_match: IfMatch = None,
    ) -> Response[MeRead]:
        """Change the caller's name; what else there is has a route of its own."""
        account, version = await me.edit(caller, data, lambda current: refuse_stale(if_match, current))
        return Response(account, headers={"ETag": etag(version)})


def account_router(
    registrations: RegistrationService, logins: LoginService, me: MeService, delivery: TokenDelivery
) -> Router:
    """Return the account routes."""

    def provide_registrations() -> RegistrationService:
        return registrations

    def provide_logins() -> LoginService:
        return logins

    def provide_me() -> MeService:
        return me

    def provide_delivery() -> TokenDelivery:
        return delivery

    return Router(
        "/",
        route_handlers=[AccountController, MeController],
        dependencies={
            "registrations": Provide(provide_registrations, sync_to_thread=False),
            "logins": Provide(provide_logins, sync_to_thread=False),
            "me": Provide(provide_me, sync_to_thread=False),
            "delivery": Provide(provide_delivery, sync_to_thread=False),
            "device": Provide(provide_device, sync_to_thread=False),
        },
    )
