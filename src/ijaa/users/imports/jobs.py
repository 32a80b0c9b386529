"""Imports of files that were sent: done by a worker."""

from ijaa.shared.jobs import Claim, Kind
from ijaa.users.imports.service import NAME, ImportJob, ImportService


def imports(service: ImportService) -> Kind[ImportJob]:
    """Return the job that imports a file; a worker that takes it over goes on where the last one was."""

    async def run(claim: Claim[ImportJob]) -> None:
        await service.resume(claim.payload.import_id, claim.effect)

    return Kind(NAME, ImportJob, run)
