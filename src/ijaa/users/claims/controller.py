"""Routes of claims."""

from typing import Annotated

from litestar import Controller, Router, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import JSONBody, PathParameter, QueryParameter

from ijaa.shared.pages import Page
from ijaa.shared.principals import Principal
from ijaa.shared.schema import MAX_ID
from ijaa.users.claims.domain import State
from ijaa.users.claims.schemas import Acceptance, ClaimCreate, ClaimRead, ClaimReceived
from ijaa.users.claims.service import ClaimService

ClaimId = Annotated[int, PathParameter(ge=1, le=MAX_ID)]


class ClaimController(Controller):
    """What members say to be found by."""

    tags = ("Profiles",)

    @post("/claims", operation_id="submitClaim", summary="Claim my record", status_code=202)
    async def submit(
        self, caller: NamedDependency[Principal], claims: NamedDependency[ClaimService], data: JSONBody[ClaimCreate]
    ) -> ClaimReceived:
        """Take at least two private facts; the answer is the same whether a record has them or not."""
        return await claims.submit(caller, data)


class ClaimQueueController(Controller):
    """Claims that do not speak for themselves."""

    path = "/admin/claims"
    tags = ("Administration",)

    @get(operation_id="listClaims", summary="List claims")
    async def page(
        self,
        claims: NamedDependency[ClaimService],
        wanted: Annotated[State, QueryParameter(name="state")] = "WAITING",
        member: Annotated[str | None, QueryParameter(min_length=1, max_length=100)] = None,
        older_than_days: Annotated[int | None, QueryParameter(ge=1, le=3650)] = None,
        limit: Annotated[int, QueryParameter(ge=1, le=50)] = 12,
        cursor: Annotated[str | None, QueryParameter(max_length=500)] = None,
    ) -> Page[ClaimRead]:
        """List claims, the oldest first; one that waits comes with the records that agree in something.

        `member` is a username; `older_than_days` leaves out what came later.
        """
        return await claims.page(wanted, member, older_than_days, cursor, limit)

    @post("/{claim_id:int}/accept", operation_id="acceptClaim", summary="Accept a claim", status_code=200)
    async def accept(
        self,
        caller: NamedDependency[Principal],
        claims: NamedDependency[ClaimService],
        claim_id: ClaimId,
        data: JSONBody[Acceptance],
    ) -> ClaimRead:
        """Give the record to the member, whose profile's blanks it fills; he is told, and what he said is forgotten."""
        return await claims.accept(caller, claim_id, data.record_id)

    @post("/{claim_id:int}/reject", operation_id="rejectClaim", summary="Reject a claim", status_code=200)
    async def reject(
        self, caller: NamedDependency[Principal], claims: NamedDependency[ClaimService], claim_id: ClaimId
    ) -> ClaimRead:
        """Settle a claim to no record; the member is told, and what he said is forgotten."""
        return await claims.reject(caller, claim_id)


def claim_router(service: ClaimService) -> Router:
    """Return the routes of claims."""

    def provide_claims() -> ClaimService:
        return service

    return Router(
        "/",
        route_handlers=[ClaimController, ClaimQueueController],
        dependencies={"claims": Provide(provide_claims, sync_to_thread=False)},
    )
