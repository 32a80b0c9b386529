"""What is done about members by itself."""

from ijaa.shared.jobs import Claim, Kind, NoPayload
from ijaa.users.members.service import MemberService

EVERY_TEN_MINUTES = "*/10 * * * *"


def erasures(members: MemberService) -> Kind[NoPayload]:
    """Return the job that erases members whose grace is over, each in a transaction of its own."""

    async def run(claim: Claim[NoPayload]) -> None:
        while True:
            async with claim.effect() as session:
                if not await members.erase_next(session):
                    return

    return Kind("erase-members", NoPayload, run, cron=EVERY_TEN_MINUTES)
