"""What is done about members by itself."""

from ijaa.shared.jobs import Claim, Kind, NoPayload
from ijaa.users.members.service import LAPSE, Lapse, MemberService

EVERY_TEN_MINUTES = "*/10 * * * *"


def erasures(members: MemberService) -> Kind[NoPayload]:
    """Return the job that erases members whose grace is over, each in a transaction of its own."""

    async def run(claim: Claim[NoPayload]) -> None:
        while True:
            async with claim.effect() as session:
                if not await members.erase_next(session):
                    return

    return Kind("erase-members", NoPayload, run, cron=EVERY_TEN_MINUTES)


def lapses(members: MemberService) -> Kind[Lapse]:
    """Return the job that tells of a suspension that is over."""

    async def run(claim: Claim[Lapse]) -> None:
        async with claim.finish() as session:
            await members.lapse(session, claim.payload.account)

    return Kind(LAPSE, Lapse, run)
