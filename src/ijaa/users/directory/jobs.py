"""What is done about the directory by itself."""

from ijaa.shared.jobs import Claim, Kind, NoPayload
from ijaa.users.directory.repository import DirectoryRepository

NIGHTLY = "41 3 * * *"
"""The migration that makes the table has the job due at once, for who was there before."""
PORTION = 500


def renewal(repository: DirectoryRepository) -> Kind[NoPayload]:
    """Return the job that makes every entry anew: for those who came in bulk, and in case one was forgotten."""

    async def run(claim: Claim[NoPayload]) -> None:
        after: int | None = 0
        while after is not None:
            async with claim.effect() as session:
                after = await repository.renew_after(session, after, PORTION)

    return Kind("renew-directory", NoPayload, run, cron=NIGHTLY)
