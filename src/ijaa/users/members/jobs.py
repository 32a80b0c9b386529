"""What is done about members by itself."""

from datetime import UTC, datetime

import structlog

from ijaa.shared.errors import TooSlow, Unavailable
from ijaa.shared.jobs import Claim, ClaimLost, JobFailed, Kind, NoPayload
from ijaa.users.members.repository import Leaving
from ijaa.users.members.service import LAPSE, Lapse, MemberService

log = structlog.get_logger("ijaa.members")

EVERY_TEN_MINUTES = "*/10 * * * *"
FIRST = Leaving(datetime.min.replace(tzinfo=UTC), 0)
"""Before everybody."""


def erasures(members: MemberService) -> Kind[NoPayload]:
    """Return the job that erases members whose grace is over, each in a transaction of its own.

    Whoever cannot be erased stops nobody behind him: he is tried again the next time.
    """

    async def run(claim: Claim[NoPayload]) -> None:
        last, failed = FIRST, 0
        while (one := await members.leaving(last)) is not None:
            last = one
            try:
                async with claim.effect() as session:
                    await members.erase_leaving(session, one)
            except TooSlow as error:
                log.warning("a member could not be erased just now", account=one.account, detail=error.detail)
                failed += 1
            except (ClaimLost, Unavailable):
                raise  # it would meet the next as well
            except Exception:
                log.exception("a member could not be erased", account=one.account)
                failed += 1
        if failed:
            raise JobFailed(f"{failed} whose grace is over could not be erased")

    return Kind("erase-members", NoPayload, run, cron=EVERY_TEN_MINUTES)


def lapses(members: MemberService) -> Kind[Lapse]:
    """Return the job that tells of a suspension that is over."""

    async def run(claim: Claim[Lapse]) -> None:
        async with claim.finish() as session:
            await members.lapse(session, claim.payload.account)

    return Kind(LAPSE, Lapse, run)
