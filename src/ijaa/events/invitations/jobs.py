"""What is done about invitations by itself."""

from ijaa.events.invitations.email_service import EmailInvitations
from ijaa.shared.jobs import Claim, Kind, NoPayload

NIGHTLY = "41 3 * * *"


def forgetting(invitations: EmailInvitations) -> Kind[NoPayload]:
    """Return the job that forgets addresses and tokens nobody needs any more, portion by portion."""

    async def run(claim: Claim[NoPayload]) -> None:
        number = 1
        while number:
            async with claim.effect() as session:
                number = await invitations.forget(session)

    return Kind("forget-invited-addresses", NoPayload, run, cron=NIGHTLY)
