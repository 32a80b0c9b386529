"""What is done about announcements by itself."""

from ijaa.shared.jobs import Claim, Kind
from ijaa.users.announcements.service import TELL, Announcer, Telling


def tellings(announcer: Announcer) -> Kind[Telling]:
    """Return the job that tells members of an announcement, some in each transaction."""

    async def run(claim: Claim[Telling]) -> None:
        more = True
        while more:
            async with claim.effect() as session:
                more = await announcer.tell_some(session, claim.payload.announcement_id)

    return Kind(TELL, Telling, run)
