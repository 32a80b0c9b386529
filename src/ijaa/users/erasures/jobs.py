"""What is done about erasures by itself."""

from ijaa.shared.jobs import Claim, JobFailed, Kind, NoPayload
from ijaa.users.erasures.service import ErasureNotes
from ijaa.users.members.service import NOTE

EVERY_TEN_MINUTES = "*/10 * * * *"


def notes(erasures: ErasureNotes) -> tuple[Kind[NoPayload], Kind[NoPayload]]:
    """Return the jobs that bring the ledger up to date: at once after an erasure, and regularly in case it was lost."""

    async def run(claim: Claim[NoPayload]) -> None:  # noqa: ARG001 - noting twice is no harm
        try:
            await erasures.note()
        except (OSError, ValueError) as error:
            raise JobFailed(f"the ledger of erasures: {error}"[:200]) from error

    return Kind(NOTE, NoPayload, run), Kind("note-erasures", NoPayload, run, cron=EVERY_TEN_MINUTES)
