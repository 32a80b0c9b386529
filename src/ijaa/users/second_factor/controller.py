"""Routes of the second factor."""

from litestar import Controller, Router, post
from litestar.di import NamedDependency, Provide
from litestar.params import JSONBody

from ijaa.shared.principals import Principal
from ijaa.users.second_factor.schemas import RecoveryCodes, TotpConfirmation, TotpEnrolment
from ijaa.users.second_factor.service import SecondFactorService


class SecondFactorController(Controller):
    """Enrolling a second factor of one's own."""

    path = "/admin/auth/totp"
    tags = ("Administration",)

    @post(operation_id="beginTotp", summary="Begin a second factor", status_code=200)
    async def begin(
        self, caller: NamedDependency[Principal], factors: NamedDependency[SecondFactorService]
    ) -> TotpEnrolment:
        """Give the secret an app makes codes from, once; nothing changes before the first code confirms it."""
        return await factors.begin(caller)

    @post("/confirm", operation_id="confirmTotp", summary="Confirm a second factor", status_code=200)
    async def confirm(
        self,
        caller: NamedDependency[Principal],
        factors: NamedDependency[SecondFactorService],
        data: JSONBody[TotpConfirmation],
    ) -> RecoveryCodes:
        """Ask for codes from now on, and give recovery codes, once; refreshing the session lifts what it lacked."""
        return await factors.confirm(caller, data.code)


def second_factor_router(service: SecondFactorService) -> Router:
    """Return the routes of the second factor."""

    def provide_factors() -> SecondFactorService:
        return service

    return Router(
        "/",
        route_handlers=[SecondFactorController],
        dependencies={"factors": Provide(provide_factors, sync_to_thread=False)},
    )
