"""What is done about claims after they were answered."""

from ijaa.shared.jobs import Claim, Kind
from ijaa.users.claims.service import NAME, ClaimJob, ClaimService


def settlements(service: ClaimService) -> Kind[ClaimJob]:
    """Return the job that looks at a claim."""

    async def run(claim: Claim[ClaimJob]) -> None:
        async with claim.finish() as session:
            await service.look_at(session, claim.payload.claim_id)

    return Kind(NAME, ClaimJob, run)
