"""Routes of accounts."""

from litestar import Controller, Response, Router, get, patch, post
from litestar.di import NamedDependency, Provide
from litestar.params import JSONBody

from ijaa.shared.http.etags import etag, refuse_stale
from ijaa.shared.principals import Principal
from ijaa.users.accounts.email_service import EmailChangeService
from ijaa.users.accounts.password_service import PasswordChangeService, PasswordResetService
from ijaa.users.accounts.registration_service import RegistrationService
from ijaa.users.accounts.schemas import (
    EmailChangeAsked,
    EmailChangeRead,
    EmailConfirmation,
    Login,
    MePatch,
    MeRead,
    PasswordChange,
    PasswordForgotten,
    PasswordReset,
    Registration,
    Resend,
    ResetSent,
    Sent,
    Verification,
)
from ijaa.users.accounts.service import LoginService, MeService
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


class PasswordController(Controller):
    """Changing a password that is known, replacing one that is not."""

    path = "/auth"
    tags = ("Accounts",)

    @post("/password", operation_id="changePassword", summary="Change my password", status_code=204)
    async def change(
        self,
        caller: NamedDependency[Principal],
        changes: NamedDependency[PasswordChangeService],
        data: JSONBody[PasswordChange],
    ) -> None:
        """Replace the caller's password; this session stays, his other ones end."""
        await changes.change(caller, data.current_password, data.new_password)

    @post("/password-reset", operation_id="requestPasswordReset", summary="Forgot my password", status_code=202)
    async def request(
        self, resets: NamedDependency[PasswordResetService], data: JSONBody[PasswordForgotten]
    ) -> ResetSent:
        """Mail a token, good for an hour and once, if the address has an account; the answer never tells."""
        await resets.request(data.email)
        return ResetSent()

    @post("/password-reset/confirm", operation_id="resetPassword", summary="Choose a new password", status_code=204)
    async def reset(self, resets: NamedDependency[PasswordResetService], data: JSONBody[PasswordReset]) -> None:
        """Replace the password of the account the token was mailed to; all its sessions end."""
        await resets.confirm(data.token, data.new_password)


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

    @post("/email", operation_id="changeEmail", summary="Change my address", status_code=202)
    async def change_email(
        self,
        caller: NamedDependency[Principal],
        moves: NamedDependency[EmailChangeService],
        data: JSONBody[EmailChangeAsked],
    ) -> Sent:
        """Mail a token to the old and to the new address; whether the new one has an account is not told here."""
        await moves.ask(caller, data.email)
        return Sent()

    @post("/email/confirm", operation_id="confirmEmailChange", summary="Confirm a change of address", status_code=200)
    async def confirm_email(
        self, moves: NamedDependency[EmailChangeService], data: JSONBody[EmailConfirmation]
    ) -> EmailChangeRead:
        """Confirm a change from one of its two addresses; it takes effect with the other's confirmation."""
        return await moves.confirm(data.token)


def account_router(
    registrations: RegistrationService,
    logins: LoginService,
    changes: PasswordChangeService,
    resets: PasswordResetService,
    moves: EmailChangeService,
    me: MeService,
    delivery: TokenDelivery,
) -> Router:
    """Return the account routes."""

    def provide_changes() -> PasswordChangeService:
        return changes

    def provide_resets() -> PasswordResetService:
        return resets

    def provide_moves() -> EmailChangeService:
        return moves

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
        route_handlers=[AccountController, PasswordController, MeController],
        dependencies={
            "registrations": Provide(provide_registrations, sync_to_thread=False),
            "logins": Provide(provide_logins, sync_to_thread=False),
            "changes": Provide(provide_changes, sync_to_thread=False),
            "resets": Provide(provide_resets, sync_to_thread=False),
            "moves": Provide(provide_moves, sync_to_thread=False),
            "me": Provide(provide_me, sync_to_thread=False),
            "delivery": Provide(provide_delivery, sync_to_thread=False),
            "device": Provide(provide_device, sync_to_thread=False),
        },
    )
