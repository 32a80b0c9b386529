"""What is done about members by itself."""

from ijaa.events.members.service import MemberMessages
from ijaa.shared.jobs import Claim, Kind, NoPayload

NIGHTLY = "53 3 * * *"


def erasures(members: MemberMessages) -> Kind[NoPayload]:
    """Return the job that erases what somebody wrote while he was being erased, each in a transaction of its own."""

    async def run(claim: Claim[NoPayload]) -> None:
        last: str | None = ""
        while last is not None:
            async with claim.effect() as session:
                last = await members.erase_left_over(session, last)

    return Kind("erase-members", NoPayload, run, cron=NIGHTLY)
