"""Use cases of exports: asked for, made by a job, fetched once."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from datetime import datetime
from math import ceil
from tempfile import TemporaryFile
from typing import BinaryIO
from uuid import UUID, uuid4

import msgspec
import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from ijaa.shared import audit
from ijaa.shared.clock import Clock
from ijaa.shared.database import Database
from ijaa.shared.errors import Malformed, NotFound, RateLimited, Unavailable
from ijaa.shared.jobs import Claim, ClaimLost, JobFailed, JobQueue
from ijaa.shared.mail_queue import MailQueue
from ijaa.shared.pages import Cursors, Page
from ijaa.shared.personal import Subject
from ijaa.shared.principals import Principal
from ijaa.users.errors import TokenNotValid
from ijaa.users.exports.archive import ArchiveWriter
from ijaa.users.exports.domain import EVERY, LINKED, MEDIA_TYPE, State, readme
from ijaa.users.exports.mails import requested_mail
from ijaa.users.exports.models import Export
from ijaa.users.exports.repository import Archive, ExportRepository, StoredExport
from ijaa.users.exports.schemas import ExportRead
from ijaa.users.files.service import FileService
from ijaa.users.notifications.service import Notifier
from ijaa.users.ports import MemberRecords
from ijaa.users.tables import AUDIT_LOG

MAKING = "make-export"
"""Name of the job that makes an archive."""
PORTION = 100
_LOOKS = 3
"""How often it is looked for a file that is not there, before the archive says so: it may just have been replaced."""

log = structlog.get_logger("ijaa.exports")


class Making(msgspec.Struct, frozen=True):
    """Which export is to be made."""

    export_id: UUID


class Given(msgspec.Struct, frozen=True):
    """An archive on its way to whoever had the link."""

    portions: AsyncIterator[bytes]
    size: int
    ended: Callable[[bool], Awaitable[None]]
    """Has to be told whether its last byte has left."""


class ExportService:
    """Takes requests for an archive, shows what became of them, and gives each archive once."""

    def __init__(
        self, database: Database, repository: ExportRepository, files: FileService, jobs: JobQueue, mails: MailQueue,
        cursors: Cursors, clock: Clock,
    ) -> None:  # fmt: skip
        self._database, self._repository, self._files = database, repository, files
        self._jobs, self._mails, self._cursors, self._clock = jobs, mails, cursors, clock

    async def request(self, member: Principal) -> ExportRead:
        """Have an archive made; while one is in the making, that is it. The member is mailed, whatever he chose.

        Raises `RateLimited` within a day of the last one.
        """
        async with self._database.transaction() as session:
            if (owner := await self._repository.lock_owner(session, member.username)) is None:
                raise NotFound
            now, latest = self._clock.now(), await self._repository.latest(session, owner.id)
            if latest is None or latest.state != "REQUESTED":
                _refuse_too_soon(latest, now)
                latest = Export(id=uuid4(), user_id=owner.id, state="REQUESTED", created_at=now)
                session.add(latest)
                await self._jobs.put(session, MAKING, Making(latest.id), key=str(latest.id))
                mail = requested_mail(owner.email, owner.username, now)
                await self._mails.put(session, mail, identity=f"export-{latest.id.hex}")
                await _audited(session, "export-requested", owner.user_id, owner.user_id, now)
        return await self.read(member, latest.id)

    async def read(self, member: Principal, export_id: UUID) -> ExportRead:
        """Return an export of a member's own; raise `NotFound` for any other."""
        if (found := await self._repository.read(member.username, export_id, self._clock.now())) is None:
            raise NotFound
        return _shown(found, self._link(found))

    async def page(self, member: Principal, cursor: str | None, limit: int) -> Page[ExportRead]:
        """Return what a member asked for, the newest first, without links."""
        scope = f"exports/{member.username}"
        before = self._cursors.read(scope, cursor, tuple[datetime, UUID]) if cursor else None
        rows = await self._repository.page(member.username, self._clock.now(), before, limit + 1)
        kept, following = self._cursors.page(scope, rows, limit, lambda row: (row.created_at, row.id))
        return Page(items=[_shown(row) for row in kept], next_cursor=following)

    async def look(self, export_id: UUID, token: str) -> int:
        """Return how long an archive is, which can still be fetched after it; raises as `fetch` does."""
        self._check(export_id, token)
        if (found := await self._repository.look(export_id, self._clock.now())) is None:
            raise TokenNotValid
        return found.size

    async def fetch(self, export_id: UUID, token: str) -> Given:
        """Give an archive to the first who asks with its link; if it breaks off, the link is good again, three times.

        Raises `TokenNotValid` for a link that was never given, is used or over, or whose member is suspended: which of
        them is not told.
        """
        self._check(export_id, token)
        if (found := await self._repository.look(export_id, self._clock.now())) is None:
            raise TokenNotValid
        portions = await self._files.portions(found.key)  # before it is taken: what cannot be had is not used up
        if portions is None:
            log.error("an archive has a row and no object", export=str(export_id))
            raise TokenNotValid
        now = self._clock.now()
        async with self._database.transaction() as session:
            if (taken := await self._repository.take(session, export_id, now)) is None:
                raise TokenNotValid
            await _audited(session, "export-fetched", None, taken.user_id, now)

        async def ended(whole: bool) -> None:  # noqa: FBT001 - as a download tells it
            await self._ended(export_id, taken, now, whole=whole)

        return Given(portions, taken.size, ended)

    async def sweep(self, session: AsyncSession, notifier: Notifier) -> bool:
        """Take away what nobody can have any more, and give up what cannot be made; return whether there is more."""
        now = self._clock.now()
        if over := await self._repository.over(session, now, PORTION):
            await self._files.remove_each(session, over)
            return True
        for export_id, username in await self._repository.give_up(session, now):
            log.error("an export was given up", export=str(export_id))
            await _tell(session, notifier, export_id, username, "FAILED", now)
        await self._repository.expire(session, now)
        return False

    async def _ended(self, export_id: UUID, taken: Archive, taken_at: datetime, *, whole: bool) -> None:
        async with self._database.transaction() as session:
            if whole or not await self._repository.give_back(session, export_id, taken_at):
                await self._files.remove_each(session, [taken.file_id])

    def _link(self, stored: StoredExport) -> str | None:
        if stored.state != "READY":
            return None
        token = self._cursors.write(_scope(stored.id), self._clock.now() + LINKED)
        return f"/api/v1/exports/{stored.id}/archive?token={token}"

    def _check(self, export_id: UUID, token: str) -> None:
        try:
            (ends,) = self._cursors.read(_scope(export_id), token, tuple[datetime])
        except Malformed:
            raise TokenNotValid from None
        if ends <= self._clock.now():
            raise TokenNotValid


class ExportMaker:
    """Makes archives of what every module keeps about a member."""

    def __init__(
        self, repository: ExportRepository, records: Mapping[str, MemberRecords | None], files: FileService,
        notifier: Notifier, place: str, clock: Clock,
    ) -> None:  # fmt: skip
        self._repository, self._records, self._files = repository, records, files
        self._notifier, self._place, self._clock = notifier, place, clock

    async def make(self, claim: Claim[Making]) -> None:
        """Make one archive, as a whole or not at all; an export nobody wants any more is nothing to be done.

        Raises `Unavailable` while a module cannot tell what it keeps.
        """
        export_id = claim.payload.export_id
        if (subject := await self._repository.subject(export_id)) is None:
            return
        with TemporaryFile() as file:  # without a name: what dies leaves nothing behind
            await self._write(file, subject, claim.tries)
            kept = await self._files.keep_file(file, MEDIA_TYPE)
        try:
            async with claim.finish() as session:
                if wanted := await self._repository.lock_requested(session, export_id):
                    now = self._clock.now()
                    await self._files.add_export(session, subject.id, kept)
                    await self._repository.keep(session, wanted, kept.id, kept.size, now)
                    await _tell(session, self._notifier, export_id, subject.username, "READY", wanted.expires_at or now)
        except ClaimLost:
            await self._files.drop(kept)
            raise
        if wanted is None:  # erased while it was made
            await self._files.drop(kept)

    async def _write(self, file: BinaryIO, subject: Subject, tries: int) -> None:
        now = self._clock.now()
        with ArchiveWriter(file, now) as archive:
            for module, records in self._records.items():
                if records is None:
                    raise Unavailable(f"Nobody tells here what the {module} module keeps.")
                await archive.write_records(module, records, subject.username)
                await _write_files(archive, records, subject.username, tries)
            text = readme(self._place, subject.username, now, archive.tables, archive.files)
            await archive.write_text("README.txt", text)


async def _write_files(archive: ArchiveWriter, records: MemberRecords, username: str, tries: int) -> None:
    """Write every file a module keeps of a member."""
    files = await records.files(username)
    while files:
        for one in files:
            if (portions := await _portions(records, username, one.name)) is not None:
                await archive.write_file(f"files/{one.name}", one.media_type, portions)
            elif tries < _LOOKS:
                raise JobFailed(f"the file {one.name} is not there")
            else:
                archive.files.append(f"files/{one.name} is missing: it could not be found where it should be")
        files = await records.files(username, files[-1].name)


async def _portions(records: MemberRecords, username: str, name: str) -> AsyncIterator[bytes] | None:
    if (first := await records.portion(username, name, 0)) is None:
        return None

    async def yielded() -> AsyncIterator[bytes]:
        portion: bytes | None = first
        at = 0
        while portion:
            yield portion
            at += len(portion)
            portion = await records.portion(username, name, at)
        if portion is None:
            raise JobFailed(f"the file {name} went while it was read")

    return yielded()


def _refuse_too_soon(latest: Export | None, now: datetime) -> None:
    if latest and (wait := latest.created_at + EVERY - now).total_seconds() > 0:
        again = latest.created_at + EVERY
        raise RateLimited(
            f"You asked for one less than a day ago, {latest.id}; the next from {again:%Y-%m-%dT%H:%M:%SZ}.",
            retry_after=ceil(wait.total_seconds()),
        )


async def _tell(
    session: AsyncSession, notifier: Notifier, export_id: UUID, username: str, state: State, expires_at: datetime
) -> None:  # fmt: skip
    facts = {"export_id": str(export_id), "state": state, "expires_at": expires_at}
    await notifier.tell(session, [username], "export_ended", subject=f"export/{export_id}", facts=facts, seq=1)


async def _audited(session: AsyncSession, action: str, actor: str | None, subject: str, now: datetime) -> None:
    await audit.record(session, AUDIT_LOG, at=now, action=action, actor=actor, subject=subject, details={})


def _shown(stored: StoredExport, link: str | None = None) -> ExportRead:
    return ExportRead(**msgspec.structs.asdict(stored), link=link)


def _scope(export_id: UUID) -> str:
    return f"export/{export_id}"
